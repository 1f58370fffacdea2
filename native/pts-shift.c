/* ptsshift: adds a signed number of milliseconds to every timestamp, to line the echo canceller's reference up with the room. */
#include "elements.h"

typedef struct {
  GstElement parent;
  GstPad *sink, *src;
  gint shift_ms; /* atomic */
} PtsShift;

typedef struct {
  GstElementClass parent;
} PtsShiftClass;

G_DEFINE_TYPE(PtsShift, pts_shift, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static GstClockTime shifted(GstClockTime time, gint shift_ms) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return time;
  gint64 moved = (gint64)time + shift_ms * (gint64)GST_MSECOND;
  return moved < 0 ? 0 : (GstClockTime)moved;
}

static GstFlowReturn pts_shift_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  PtsShift *self = (PtsShift *)parent;
  gint shift_ms = g_atomic_int_get(&self->shift_ms);
  (void)pad;
  if (shift_ms != 0) {
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_PTS(buffer) = shifted(GST_BUFFER_PTS(buffer), shift_ms);
    GST_BUFFER_DTS(buffer) = shifted(GST_BUFFER_DTS(buffer), shift_ms);
  }
  return gst_pad_push(self->src, buffer);
}

static void pts_shift_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  (void)id, (void)spec;
  g_atomic_int_set(&((PtsShift *)object)->shift_ms, g_value_get_int(value));
}

static void pts_shift_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  (void)id, (void)spec;
  g_value_set_int(value, g_atomic_int_get(&((PtsShift *)object)->shift_ms));
}

static void pts_shift_class_init(PtsShiftClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  object->set_property = pts_shift_set_property;
  object->get_property = pts_shift_get_property;
  g_object_class_install_property(object, 1, g_param_spec_int("shift-ms", "Shift", "Added to timestamps, ms; they stop at 0",
                                                              -2000, 2000, 0, RUNTIME_PROPERTY));
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Timestamp shift", "Generic", "Shifts timestamps", "Incamera");
}

static void pts_shift_init(PtsShift *self) {
  self->sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(self->sink, pts_shift_chain);
  self->src = gst_pad_new_from_static_template(&src_template, "src");
  GST_PAD_SET_PROXY_CAPS(self->sink);
  GST_PAD_SET_PROXY_ALLOCATION(self->sink);
  GST_PAD_SET_PROXY_CAPS(self->src);
  gst_element_add_pad(GST_ELEMENT(self), self->sink);
  gst_element_add_pad(GST_ELEMENT(self), self->src);
}
