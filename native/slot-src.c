/*
 * slotsrc: live source of what a slotsink of the same name puts in. It sends nothing while nothing new comes (the compositor
 * repeats the last picture), one small black picture when the slot is emptied, and follows size changes.
 * `crop-aspect` cuts the picture to a shape without copying it, by moving the planes' offsets.
 */
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>

#include "elements.h"
#include "slot.h"

#define BLACK_SIDE 16
/* Least part of a picture that cropping leaves: a person in a portrait picture keeps head and shoulders. */
#define LEAST_KEPT 0.66

typedef struct {
  GstPushSrc parent;
  gint cancelled; /* atomic */
  /* Under the object lock. */
  gchar *name;
  Slot *slot;
  double crop_aspect;
  gboolean again; /* the crop changed: send the picture once more */
  /* Streaming thread. */
  guint64 seen;
  GstSample *shown;
  GstCaps *caps;
} SlotSrc;

typedef struct {
  GstPushSrcClass parent;
} SlotSrcClass;

G_DEFINE_TYPE(SlotSrc, slot_src, GST_TYPE_PUSH_SRC)

enum { PROP_0, PROP_SLOT, PROP_CROP_ASPECT };

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));

/* ---- pictures */

static GstSample *black_sample(void) {
  GstVideoInfo info;
  GstVideoFrame frame;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, BLACK_SIDE, BLACK_SIDE);
  GstBuffer *buffer = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&info), NULL);
  if (gst_video_frame_map(&frame, &info, buffer, GST_MAP_WRITE)) {
    for (guint plane = 0; plane < 3; plane++) {
      gsize bytes = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) * GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane);
      memset(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane), plane == 0 ? 16 : 128, bytes);
    }
    gst_video_frame_unmap(&frame);
  }
  GstCaps *caps = gst_video_info_to_caps(&info);
  GstSample *sample = gst_sample_new(buffer, caps, NULL, NULL);
  gst_caps_unref(caps);
  gst_buffer_unref(buffer);
  return sample;
}

/* The middle of the picture in the wanted shape, on even pixels; FALSE when there is nothing to cut. */
static gboolean crop_of(const GstVideoInfo *info, double aspect, GstVideoRectangle *crop) {
  int width = GST_VIDEO_INFO_WIDTH(info), height = GST_VIDEO_INFO_HEIGHT(info);
  if (aspect <= 0 || GST_VIDEO_INFO_FORMAT(info) != GST_VIDEO_FORMAT_I420) return FALSE;
  crop->w = MIN(width, MAX((int)(height * aspect + 0.5), (int)(width * LEAST_KEPT))) & ~1;
  crop->h = MIN(height, MAX((int)(width / aspect + 0.5), (int)(height * LEAST_KEPT))) & ~1;
  crop->x = ((width - crop->w) / 2) & ~1;
  crop->y = ((height - crop->h) / 2) & ~1;
  return crop->w >= BLACK_SIDE && crop->h >= BLACK_SIDE && (width - crop->w > 2 || height - crop->h > 2);
}

static void apply_crop(GstBuffer *buffer, const GstVideoInfo *info, const GstVideoRectangle *crop) {
  gsize offset[GST_VIDEO_MAX_PLANES];
  gint stride[GST_VIDEO_MAX_PLANES];
  GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);
  for (guint plane = 0; plane < 3; plane++) {
    guint shift = plane == 0 ? 0 : 1;
    stride[plane] = meta ? meta->stride[plane] : GST_VIDEO_INFO_PLANE_STRIDE(info, plane);
    offset[plane] = meta ? meta->offset[plane] : GST_VIDEO_INFO_PLANE_OFFSET(info, plane);
    offset[plane] += (gsize)(crop->y >> shift) * stride[plane] + (crop->x >> shift);
  }
  if (meta) gst_buffer_remove_meta(buffer, (GstMeta *)meta);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, crop->w, crop->h, 3, offset, stride);
}

static void announce(SlotSrc *self, GstCaps *caps) {
  if (self->caps && gst_caps_is_equal(caps, self->caps)) return;
  gst_caps_replace(&self->caps, caps);
  gst_base_src_set_caps(GST_BASE_SRC(self), caps);
}

static GstBuffer *picture_of(SlotSrc *self, GstSample *sample, double aspect) {
  GstVideoInfo info;
  GstVideoRectangle crop;
  GstCaps *caps = gst_caps_ref(gst_sample_get_caps(sample));
  GstBuffer *buffer = gst_buffer_copy(gst_sample_get_buffer(sample));
  if (gst_video_info_from_caps(&info, caps) && crop_of(&info, aspect, &crop)) {
    apply_crop(buffer, &info, &crop);
    caps = gst_caps_make_writable(caps);
    gst_caps_set_simple(caps, "width", G_TYPE_INT, crop.w, "height", G_TYPE_INT, crop.h, NULL);
  }
  announce(self, caps);
  gst_caps_unref(caps);
  GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = GST_BUFFER_DURATION(buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_GAP);
  return buffer;
}

/* ---- the source */

static void take_wishes(SlotSrc *self, gboolean *again, double *aspect) {
  GST_OBJECT_LOCK(self);
  *again = self->again;
  *aspect = self->crop_aspect;
  self->again = FALSE;
  GST_OBJECT_UNLOCK(self);
}

static void remember(SlotSrc *self, GstSample *sample) {
  if (self->shown) gst_sample_unref(self->shown);
  self->shown = sample;
}

static GstFlowReturn slot_src_create(GstPushSrc *base, GstBuffer **out) {
  SlotSrc *self = (SlotSrc *)base;
  for (;;) {
    GstSample *sample = NULL;
    gboolean again;
    double aspect;
    /* `cancelled` is 1 to stop and 2 to look at `again`. */
    gboolean news = slot_wait(self->slot, &self->seen, &self->cancelled, &sample);
    if (g_atomic_int_get(&self->cancelled) == 1) {
      if (sample) gst_sample_unref(sample);
      return GST_FLOW_FLUSHING;
    }
    g_atomic_int_compare_and_exchange(&self->cancelled, 2, 0);
    take_wishes(self, &again, &aspect);
    if (news) remember(self, sample ? sample : black_sample());
    if (!self->shown || !(news || again)) continue;
    *out = picture_of(self, self->shown, aspect);
    return GST_FLOW_OK;
  }
}

static gboolean slot_src_unlock(GstBaseSrc *base) {
  SlotSrc *self = (SlotSrc *)base;
  g_atomic_int_set(&self->cancelled, 1);
  slot_wake(self->slot);
  return TRUE;
}

static gboolean slot_src_unlock_stop(GstBaseSrc *base) {
  g_atomic_int_set(&((SlotSrc *)base)->cancelled, 0);
  return TRUE;
}

static gboolean slot_src_stop(GstBaseSrc *base) {
  SlotSrc *self = (SlotSrc *)base;
  remember(self, NULL);
  gst_caps_replace(&self->caps, NULL);
  self->seen = 0;
  return TRUE;
}

/* The caps come with the first picture. */
static gboolean slot_src_negotiate(GstBaseSrc *base) {
  (void)base;
  return TRUE;
}

static gboolean slot_src_query(GstBaseSrc *base, GstQuery *query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return GST_BASE_SRC_CLASS(slot_src_parent_class)->query(base, query);
  gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

static void set_crop(SlotSrc *self, double aspect) {
  GST_OBJECT_LOCK(self);
  gboolean changed = self->crop_aspect != aspect;
  self->crop_aspect = aspect;
  self->again = self->again || changed;
  GST_OBJECT_UNLOCK(self);
  if (changed && g_atomic_int_compare_and_exchange(&self->cancelled, 0, 2)) slot_wake(self->slot);
}

/* Only while stopped: the streaming thread uses the slot without a lock. */
static void set_slot(SlotSrc *self, const gchar *name) {
  if (GST_STATE(self) > GST_STATE_READY) {
    GST_WARNING_OBJECT(self, "the slot of a running source does not change");
    return;
  }
  Slot *old = self->slot;
  self->slot = slot_acquire(name ? name : "");
  g_free(self->name);
  self->name = g_strdup(name ? name : "");
  if (old) slot_release(old);
}

static void slot_src_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  SlotSrc *self = (SlotSrc *)object;
  switch (id) {
    case PROP_SLOT: set_slot(self, g_value_get_string(value)); break;
    case PROP_CROP_ASPECT: set_crop(self, g_value_get_double(value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

static void slot_src_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  SlotSrc *self = (SlotSrc *)object;
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_SLOT: g_value_set_string(value, self->name); break;
    case PROP_CROP_ASPECT: g_value_set_double(value, self->crop_aspect); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

static void slot_src_finalize(GObject *object) {
  SlotSrc *self = (SlotSrc *)object;
  remember(self, NULL);
  gst_caps_replace(&self->caps, NULL);
  slot_release(self->slot);
  g_free(self->name);
  G_OBJECT_CLASS(slot_src_parent_class)->finalize(object);
}

static void slot_src_class_init(SlotSrcClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  GstBaseSrcClass *source = GST_BASE_SRC_CLASS(class);
  object->set_property = slot_src_set_property;
  object->get_property = slot_src_get_property;
  object->finalize = slot_src_finalize;
  source->unlock = slot_src_unlock;
  source->unlock_stop = slot_src_unlock_stop;
  source->stop = slot_src_stop;
  source->negotiate = slot_src_negotiate;
  source->query = slot_src_query;
  GST_PUSH_SRC_CLASS(class)->create = slot_src_create;
  g_object_class_install_property(object, PROP_SLOT, g_param_spec_string("slot", "Slot", "Name of the slot; set it before start", "",
      START_PROPERTY));
  g_object_class_install_property(object, PROP_CROP_ASPECT, g_param_spec_double("crop-aspect", "Crop",
      "Width by height to crop the picture to, at most a third away; 0 shows all of it", 0, 100, 0, RUNTIME_PROPERTY));
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Slot source", "Source/Video", "Newest picture of a named slot", "Incamera");
}

static void slot_src_init(SlotSrc *self) {
  set_slot(self, "");
  gst_base_src_set_live(GST_BASE_SRC(self), TRUE);
  gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp(GST_BASE_SRC(self), TRUE);
}
