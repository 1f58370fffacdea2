/* slotsink: puts each picture into a named slot. On stop the last picture stays, frozen, until `clear` is written. */
#include <gst/base/gstbasesink.h>
#include <gst/video/video.h>

#include "elements.h"
#include "slot.h"

typedef struct {
  GstBaseSink parent;
  /* Under the object lock. */
  gchar *name;
  Slot *slot;
  GstVideoInfo info;
  guint rendered;
  GstCaps *caps; /* streaming thread */
} SlotSink;

typedef struct {
  GstBaseSinkClass parent;
} SlotSinkClass;

G_DEFINE_TYPE(SlotSink, slot_sink, GST_TYPE_BASE_SINK)

enum { PROP_0, PROP_SLOT, PROP_CLEAR, PROP_RENDERED, PROP_WIDTH, PROP_HEIGHT };

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));

/* As src/call/rtp/vp9-frame-header.ts, which sees most of what is larger before it is decoded. */
#define MAX_WIDTH 4096
#define MAX_HEIGHT 2304

static gboolean slot_sink_set_caps(GstBaseSink *base, GstCaps *caps) {
  SlotSink *self = (SlotSink *)base;
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return FALSE;
  if (info.width > MAX_WIDTH || info.height > MAX_HEIGHT) return FALSE;
  gst_caps_replace(&self->caps, caps);
  GST_OBJECT_LOCK(self);
  self->info = info;
  GST_OBJECT_UNLOCK(self);
  return TRUE;
}

static gboolean slot_sink_propose_allocation(GstBaseSink *base, GstQuery *query) {
  (void)base;
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

static GstFlowReturn slot_sink_render(GstBaseSink *base, GstBuffer *buffer) {
  SlotSink *self = (SlotSink *)base;
  GstSample *sample = gst_sample_new(buffer, self->caps, NULL, NULL);
  /* The lock is held over the put, so that a rename in another thread cannot free the slot meanwhile. */
  GST_OBJECT_LOCK(self);
  slot_put(self->slot, sample);
  self->rendered++;
  GST_OBJECT_UNLOCK(self);
  return GST_FLOW_OK;
}

static void rename_slot(SlotSink *self, const gchar *name) {
  Slot *next = slot_acquire(name ? name : "");
  GST_OBJECT_LOCK(self);
  Slot *old = self->slot;
  self->slot = next;
  g_free(self->name);
  self->name = g_strdup(name ? name : "");
  GST_OBJECT_UNLOCK(self);
  if (old) slot_release(old);
}

static void slot_sink_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  SlotSink *self = (SlotSink *)object;
  switch (id) {
    case PROP_SLOT: rename_slot(self, g_value_get_string(value)); break;
    case PROP_CLEAR:
      if (!g_value_get_boolean(value)) break;
      GST_OBJECT_LOCK(self);
      slot_put(self->slot, NULL);
      GST_OBJECT_UNLOCK(self);
      break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void slot_sink_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  SlotSink *self = (SlotSink *)object;
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_SLOT: g_value_set_string(value, self->name); break;
    case PROP_RENDERED: g_value_set_uint(value, self->rendered); break;
    case PROP_WIDTH: g_value_set_uint(value, GST_VIDEO_INFO_WIDTH(&self->info)); break;
    case PROP_HEIGHT: g_value_set_uint(value, GST_VIDEO_INFO_HEIGHT(&self->info)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

static void slot_sink_finalize(GObject *object) {
  SlotSink *self = (SlotSink *)object;
  slot_release(self->slot);
  g_free(self->name);
  gst_caps_replace(&self->caps, NULL);
  G_OBJECT_CLASS(slot_sink_parent_class)->finalize(object);
}

static void slot_sink_class_init(SlotSinkClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  GstBaseSinkClass *sink = GST_BASE_SINK_CLASS(class);
  object->set_property = slot_sink_set_property;
  object->get_property = slot_sink_get_property;
  object->finalize = slot_sink_finalize;
  sink->set_caps = slot_sink_set_caps;
  sink->propose_allocation = slot_sink_propose_allocation;
  sink->render = slot_sink_render;
  g_object_class_install_property(object, PROP_SLOT, g_param_spec_string("slot", "Slot", "Name of the slot", "", RUNTIME_PROPERTY));
  g_object_class_install_property(object, PROP_CLEAR, g_param_spec_boolean("clear", "Clear",
      "Write true to free the last picture; the reader shows black", FALSE, COMMAND_PROPERTY));
  g_object_class_install_property(object, PROP_RENDERED, g_param_spec_uint("rendered", "Rendered", "Pictures put into the slot", 0,
      G_MAXUINT, 0, FIGURE_PROPERTY));
  g_object_class_install_property(object, PROP_WIDTH, g_param_spec_uint("width", "Width", "Of the last picture, pixels", 0,
      G_MAXUINT, 0, FIGURE_PROPERTY));
  g_object_class_install_property(object, PROP_HEIGHT, g_param_spec_uint("height", "Height", "Of the last picture, pixels", 0,
      G_MAXUINT, 0, FIGURE_PROPERTY));
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_set_static_metadata(element, "Slot sink", "Sink/Video", "Newest picture into a named slot", "Incamera");
}

static void slot_sink_init(SlotSink *self) {
  gst_video_info_init(&self->info);
  rename_slot(self, "");
  /* Shown by the other pipeline, in its time; and no picture is kept besides the slot's. */
  gst_base_sink_set_sync(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_async_enabled(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_last_sample_enabled(GST_BASE_SINK(self), FALSE);
}
