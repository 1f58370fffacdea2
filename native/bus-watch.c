/*
 * buswatch: put into a pipeline, it keeps what people must know of the bus (errors, end of stream) as properties and throws
 * the rest away. The binding's own way of reading a bus blocks one thread of Node's pool for each pipeline, misses the error
 * of a device that is not there, and holds the process's end.
 */
#include "elements.h"

typedef struct {
  GMutex lock;
  guint errors, warnings;
  gboolean end_of_stream;
  gchar *last;
} Findings;

typedef struct {
  GstElement parent;
  Findings *findings; /* counted: the bus may outlive this element */
} BusWatch;

typedef struct {
  GstElementClass parent;
} BusWatchClass;

G_DEFINE_TYPE(BusWatch, bus_watch, GST_TYPE_ELEMENT)

enum { PROP_0, PROP_ERRORS, PROP_WARNINGS, PROP_LAST, PROP_EOS };

static void findings_clear(gpointer data) {
  Findings *findings = data;
  g_free(findings->last);
  g_mutex_clear(&findings->lock);
}

static void findings_unref(gpointer findings) {
  g_atomic_rc_box_release_full(findings, findings_clear);
}

/* "domain code element: text", as in "gst-resource-error-quark 3 v4l2src0: Cannot identify device". */
static gchar *describe(GstMessage *message, gboolean is_error) {
  GError *error = NULL;
  if (is_error) gst_message_parse_error(message, &error, NULL);
  else gst_message_parse_warning(message, &error, NULL);
  const gchar *element = GST_MESSAGE_SRC(message) ? GST_OBJECT_NAME(GST_MESSAGE_SRC(message)) : "";
  gchar *text = g_strdup_printf("%s %d %s: %s", g_quark_to_string(error->domain), error->code, element, error->message);
  g_error_free(error);
  return text;
}

static void note(Findings *findings, GstMessage *message) {
  gboolean is_error = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
  g_mutex_lock(&findings->lock);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    findings->end_of_stream = TRUE;
  } else {
    /* The first error is the cause, those after it the fall-out; JavaScript resets the count when it starts anew. */
    if (findings->errors == 0) {
      g_free(findings->last);
      findings->last = describe(message, is_error);
    }
    if (is_error) findings->errors++;
    else findings->warnings++;
  }
  g_mutex_unlock(&findings->lock);
}

static GstBusSyncReply on_message(GstBus *bus, GstMessage *message, gpointer user) {
  (void)bus;
  if (GST_MESSAGE_TYPE(message) & (GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_EOS)) note(user, message);
  gst_message_unref(message);
  return GST_BUS_DROP;
}

/* Being given a parent is not notified of (gstobject.c), so this is done at the first reset, or on the way to READY. */
static void watch_parent(BusWatch *self) {
  GstObject *parent = gst_object_get_parent(GST_OBJECT(self));
  GstBus *bus = parent && GST_IS_PIPELINE(parent) ? gst_element_get_bus(GST_ELEMENT(parent)) : NULL;
  if (bus) {
    gst_bus_set_sync_handler(bus, NULL, NULL, NULL);
    gst_bus_set_sync_handler(bus, on_message, g_atomic_rc_box_acquire(self->findings), findings_unref);
    gst_object_unref(bus);
  }
  if (parent) gst_object_unref(parent);
}

static GstStateChangeReturn bus_watch_change_state(GstElement *element, GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) watch_parent((BusWatch *)element);
  return GST_ELEMENT_CLASS(bus_watch_parent_class)->change_state(element, transition);
}

static void bus_watch_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Findings *findings = ((BusWatch *)object)->findings;
  (void)value, (void)spec;
  if (id != PROP_ERRORS) return;
  g_mutex_lock(&findings->lock);
  findings->errors = findings->warnings = 0;
  findings->end_of_stream = FALSE;
  g_clear_pointer(&findings->last, g_free);
  g_mutex_unlock(&findings->lock);
  watch_parent((BusWatch *)object);
}

static void bus_watch_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Findings *findings = ((BusWatch *)object)->findings;
  g_mutex_lock(&findings->lock);
  switch (id) {
    case PROP_ERRORS: g_value_set_uint(value, findings->errors); break;
    case PROP_WARNINGS: g_value_set_uint(value, findings->warnings); break;
    case PROP_LAST: g_value_set_string(value, findings->last); break;
    case PROP_EOS: g_value_set_boolean(value, findings->end_of_stream); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  g_mutex_unlock(&findings->lock);
}

static void bus_watch_finalize(GObject *object) {
  findings_unref(((BusWatch *)object)->findings);
  G_OBJECT_CLASS(bus_watch_parent_class)->finalize(object);
}

static void bus_watch_class_init(BusWatchClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  object->set_property = bus_watch_set_property;
  object->get_property = bus_watch_get_property;
  object->finalize = bus_watch_finalize;
  GST_ELEMENT_CLASS(class)->change_state = bus_watch_change_state;
  g_object_class_install_property(object, PROP_ERRORS, g_param_spec_uint("errors", "Errors",
      "Errors since the last reset; writing anything resets all findings: do it before each start", 0, G_MAXUINT, 0, RUNTIME_PROPERTY));
  g_object_class_install_property(object, PROP_WARNINGS, g_param_spec_uint("warnings", "Warnings", "Warnings since the last reset",
      0, G_MAXUINT, 0, FIGURE_PROPERTY));
  g_object_class_install_property(object, PROP_LAST, g_param_spec_string("last", "Last", "First error, or last warning before it",
      NULL, FIGURE_PROPERTY));
  g_object_class_install_property(object, PROP_EOS, g_param_spec_boolean("end-of-stream", "End of stream", "The stream ended", FALSE,
      FIGURE_PROPERTY));
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "Bus watch", "Generic", "Errors of its pipeline as properties",
                                        "Incamera");
}

static void bus_watch_init(BusWatch *self) {
  self->findings = g_atomic_rc_box_new0(Findings);
  g_mutex_init(&self->findings->lock);
}
