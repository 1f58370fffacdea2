/*
 * roomoverlay: draws boxes of SVG over the picture. A thread of its own renders what changed, once, so that neither the
 * pictures nor JavaScript wait for fonts; a malformed overlay is a warning, is counted, and leaves what was shown.
 * `overlay` replaces all boxes, `update` changes or removes those it names (see overlay-boxes.h).
 */
#include <gst/video/gstvideofilter.h>

#include "elements.h"
#include "overlay-boxes.h"

/* Texts waiting for the renderer; beyond that something sets them in a loop. */
#define LONGEST_QUEUE 256

typedef struct {
  gchar *text;
  gboolean is_update;
} Job;

typedef struct {
  GstVideoFilter parent;
  GMutex lock;
  GCond changed;
  GQueue jobs;
  gboolean closing;
  guint applied, rejected;
  /* Static text; posted by the streaming thread, since a message's reference must not end in the renderer's. */
  const gchar *warning;
  gchar *last_full;
  GstVideoOverlayComposition *composition;
  GThread *renderer;
  GPtrArray *boxes; /* the renderer's alone */
} RoomOverlay;

typedef struct {
  GstVideoFilterClass parent;
} RoomOverlayClass;

G_DEFINE_TYPE(RoomOverlay, room_overlay, GST_TYPE_VIDEO_FILTER)

enum { PROP_0, PROP_OVERLAY, PROP_UPDATE, PROP_APPLIED, PROP_REJECTED };

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("I420")));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("I420")));

static void job_free(gpointer data) {
  Job *job = data;
  g_free(job->text);
  g_free(job);
}

/* ---- the renderer's thread */

static void publish(RoomOverlay *self, GPtrArray *boxes) {
  GstVideoOverlayComposition *next = overlay_compose(boxes);
  g_mutex_lock(&self->lock);
  GstVideoOverlayComposition *old = self->composition;
  self->composition = next;
  self->applied++;
  g_mutex_unlock(&self->lock);
  if (old) gst_video_overlay_composition_unref(old);
  g_ptr_array_unref(self->boxes);
  self->boxes = boxes;
}

static gboolean apply_job(RoomOverlay *self, const Job *job, const gchar **error) {
  GPtrArray *parsed = overlay_parse(job->text, job->is_update, error);
  if (!parsed) return FALSE;
  GPtrArray *boxes = overlay_merge(self->boxes, parsed, job->is_update, error);
  g_ptr_array_unref(parsed);
  if (!boxes) return FALSE;
  if (!overlay_render(boxes, error)) {
    g_ptr_array_unref(boxes);
    return FALSE;
  }
  publish(self, boxes);
  return TRUE;
}

static void reject(RoomOverlay *self, const gchar *error) {
  g_mutex_lock(&self->lock);
  self->rejected++;
  self->warning = error;
  g_mutex_unlock(&self->lock);
}

static gpointer render_loop(gpointer data) {
  RoomOverlay *self = data;
  for (;;) {
    g_mutex_lock(&self->lock);
    while (!self->closing && g_queue_is_empty(&self->jobs)) g_cond_wait(&self->changed, &self->lock);
    Job *job = self->closing ? NULL : g_queue_pop_head(&self->jobs);
    g_mutex_unlock(&self->lock);
    if (!job) return NULL;
    const gchar *error = NULL;
    if (!apply_job(self, job, &error)) reject(self, error);
    job_free(job);
  }
}

static void enqueue(RoomOverlay *self, const gchar *text, gboolean is_update) {
  Job *job = g_new0(Job, 1);
  job->text = g_strdup(text ? text : "");
  job->is_update = is_update;
  g_mutex_lock(&self->lock);
  if (!is_update) {
    /* Whatever waits is replaced as well. */
    g_queue_clear_full(&self->jobs, job_free);
    g_free(self->last_full);
    self->last_full = g_strdup(job->text);
  }
  gboolean full = g_queue_get_length(&self->jobs) >= LONGEST_QUEUE;
  if (!full) g_queue_push_tail(&self->jobs, job);
  if (full) self->rejected++;
  g_cond_signal(&self->changed);
  g_mutex_unlock(&self->lock);
  if (full) job_free(job);
}

/* ---- the picture */

static GstFlowReturn room_overlay_transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame) {
  RoomOverlay *self = (RoomOverlay *)filter;
  g_mutex_lock(&self->lock);
  GstVideoOverlayComposition *composition = self->composition ? gst_video_overlay_composition_ref(self->composition) : NULL;
  const gchar *warning = self->warning;
  self->warning = NULL;
  g_mutex_unlock(&self->lock);
  if (warning) GST_ELEMENT_WARNING(self, LIBRARY, SETTINGS, ("An overlay was refused: %s", warning), (NULL));
  if (!composition) return GST_FLOW_OK;
  gst_video_overlay_composition_blend(composition, frame);
  gst_video_overlay_composition_unref(composition);
  return GST_FLOW_OK;
}

/* ---- properties */

static void room_overlay_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  RoomOverlay *self = (RoomOverlay *)object;
  switch (id) {
    case PROP_OVERLAY: enqueue(self, g_value_get_string(value), FALSE); break;
    case PROP_UPDATE: enqueue(self, g_value_get_string(value), TRUE); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void room_overlay_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  RoomOverlay *self = (RoomOverlay *)object;
  g_mutex_lock(&self->lock);
  switch (id) {
    case PROP_OVERLAY: g_value_set_string(value, self->last_full); break;
    case PROP_APPLIED: g_value_set_uint(value, self->applied); break;
    case PROP_REJECTED: g_value_set_uint(value, self->rejected); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  g_mutex_unlock(&self->lock);
}

static void room_overlay_dispose(GObject *object) {
  RoomOverlay *self = (RoomOverlay *)object;
  g_mutex_lock(&self->lock);
  self->closing = TRUE;
  g_cond_signal(&self->changed);
  g_mutex_unlock(&self->lock);
  if (self->renderer) g_thread_join(self->renderer);
  self->renderer = NULL;
  G_OBJECT_CLASS(room_overlay_parent_class)->dispose(object);
}

static void room_overlay_finalize(GObject *object) {
  RoomOverlay *self = (RoomOverlay *)object;
  g_queue_clear_full(&self->jobs, job_free);
  if (self->composition) gst_video_overlay_composition_unref(self->composition);
  g_ptr_array_unref(self->boxes);
  g_free(self->last_full);
  g_mutex_clear(&self->lock);
  g_cond_clear(&self->changed);
  G_OBJECT_CLASS(room_overlay_parent_class)->finalize(object);
}

static void room_overlay_class_init(RoomOverlayClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  object->set_property = room_overlay_set_property;
  object->get_property = room_overlay_get_property;
  object->dispose = room_overlay_dispose;
  object->finalize = room_overlay_finalize;
  GST_VIDEO_FILTER_CLASS(class)->transform_frame_ip = room_overlay_transform_frame_ip;
  g_object_class_install_property(object, PROP_OVERLAY, g_param_spec_string("overlay", "Overlay",
      "All boxes, one a line: key x,y,width,height svg", "", RUNTIME_PROPERTY));
  g_object_class_install_property(object, PROP_UPDATE, g_param_spec_string("update", "Update",
      "Boxes to change or add; a key alone removes its box", "", COMMAND_PROPERTY));
  g_object_class_install_property(object, PROP_APPLIED, g_param_spec_uint("applied", "Applied", "Overlays and updates applied", 0,
      G_MAXUINT, 0, FIGURE_PROPERTY));
  g_object_class_install_property(object, PROP_REJECTED, g_param_spec_uint("rejected", "Rejected", "Overlays and updates refused", 0,
      G_MAXUINT, 0, FIGURE_PROPERTY));
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Room overlay", "Filter/Editor/Video", "Draws boxes of SVG over the picture",
                                        "Incamera");
}

static void room_overlay_init(RoomOverlay *self) {
  g_mutex_init(&self->lock);
  g_cond_init(&self->changed);
  g_queue_init(&self->jobs);
  self->last_full = g_strdup("");
  self->boxes = g_ptr_array_new_with_free_func(overlay_box_free);
  self->renderer = g_thread_new("overlay", render_loop, self);
}
