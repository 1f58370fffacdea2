/*
 * pictureframe: shows a part of the picture as if the camera were turned and zoomed. `frame` is "x y size", centre and side as
 * shares of the whole; one property, so that all three change in the same picture. The whole picture is handed on as it is; a part
 * is cut out and scaled between the pixels, and the caps never change, so that the encoder notices nothing.
 * From one frame to the next it glides for `ramp-ms`: whoever sets frames does so on a clock of their own.
 */
#include <gst/video/gstvideopool.h>
#include <gst/video/video.h>

#include "elements.h"
#include "plane-scaler.h"

#define LEAST_SIZE 0.05
#define WHOLE_SIZE (1 - 1e-6)
#define PLANES 3

typedef struct {
  double x, y, size;
} Frame;

typedef struct {
  GstElement parent;
  GstPad *sink, *src;
  /* Under the object lock. */
  Frame from, goal;
  gint64 since_us;
  guint ramp_ms, width, height, scaled;
  gboolean shown; /* since the start: before, a new frame is there at once */
  /* Streaming thread. */
  GstVideoInfo in, out;
  GstBufferPool *pool;
  Frame set;
  ScaleTable columns[2], rows[2]; /* of brightness and of both colours */
  guint16 *line;
} PictureFrame;

typedef struct {
  GstElementClass parent;
} PictureFrameClass;

G_DEFINE_TYPE(PictureFrame, picture_frame, GST_TYPE_ELEMENT)

enum { PROP_0, PROP_FRAME, PROP_RAMP, PROP_WIDTH, PROP_HEIGHT, PROP_SCALED };

#define CAPS "video/x-raw,format=I420"
static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS));

static const Frame whole = {0.5, 0.5, 1};

/* ---- frames */

static Frame inside(Frame frame) {
  double size = CLAMP(frame.size, LEAST_SIZE, 1), half = size / 2;
  return (Frame){CLAMP(frame.x, half, 1 - half), CLAMP(frame.y, half, 1 - half), size};
}

/* Anything that is no frame is left alone. */
static gboolean parse_frame(const char *text, Frame *frame) {
  double *parts[] = {&frame->x, &frame->y, &frame->size};
  gchar *end = (gchar *)text;
  if (!text) return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
    const gchar *start = end;
    *parts[i] = g_ascii_strtod(start, &end);
    if (end == start || !(*parts[i] >= -10 && *parts[i] <= 10)) return FALSE;
  }
  return *end == '\0';
}

/* Under the object lock. */
static Frame frame_at(const PictureFrame *self, gint64 now_us) {
  double share = self->ramp_ms == 0 ? 1 : (double)(now_us - self->since_us) / (self->ramp_ms * 1000.0);
  if (share >= 1) return self->goal;
  Frame a = self->from, b = self->goal;
  return (Frame){a.x + share * (b.x - a.x), a.y + share * (b.y - a.y), a.size + share * (b.size - a.size)};
}

static void set_goal(PictureFrame *self, Frame frame) {
  gint64 now_us = g_get_monotonic_time();
  Frame goal = inside(frame);
  self->from = self->shown ? frame_at(self, now_us) : goal;
  self->goal = goal;
  self->since_us = now_us;
}

static Frame take_frame(PictureFrame *self) {
  GST_OBJECT_LOCK(self);
  self->shown = TRUE;
  Frame frame = frame_at(self, g_get_monotonic_time());
  GST_OBJECT_UNLOCK(self);
  return frame;
}

/* ---- pictures */

static void set_tables(PictureFrame *self, Frame frame) {
  if (self->columns[0].count > 0 && memcmp(&frame, &self->set, sizeof frame) == 0) return;
  self->set = frame;
  for (guint kind = 0; kind < 2; kind++) {
    int width = GST_VIDEO_INFO_COMP_WIDTH(&self->in, kind), height = GST_VIDEO_INFO_COMP_HEIGHT(&self->in, kind);
    scale_table_set(&self->columns[kind], GST_VIDEO_INFO_COMP_WIDTH(&self->out, kind), width,
                    (frame.x - frame.size / 2) * width, frame.size * width);
    scale_table_set(&self->rows[kind], GST_VIDEO_INFO_COMP_HEIGHT(&self->out, kind), height,
                    (frame.y - frame.size / 2) * height, frame.size * height);
  }
}

static void scale_picture(PictureFrame *self, GstVideoFrame *from, GstVideoFrame *to) {
  for (guint plane = 0; plane < PLANES; plane++) {
    guint kind = MIN(plane, 1);
    scale_plane(&self->columns[kind], &self->rows[kind], GST_VIDEO_FRAME_PLANE_DATA(from, plane),
                GST_VIDEO_FRAME_PLANE_STRIDE(from, plane), GST_VIDEO_FRAME_PLANE_DATA(to, plane),
                GST_VIDEO_FRAME_PLANE_STRIDE(to, plane), self->line);
  }
}

/* NULL when a buffer cannot be had or read. */
static GstBuffer *part_of(PictureFrame *self, GstBuffer *picture, Frame frame) {
  GstBuffer *part = NULL;
  GstVideoFrame from, to;
  if (!self->pool || gst_buffer_pool_acquire_buffer(self->pool, &part, NULL) != GST_FLOW_OK) return NULL;
  if (!gst_video_frame_map(&from, &self->in, picture, GST_MAP_READ)) goto failed;
  if (!gst_video_frame_map(&to, &self->out, part, GST_MAP_WRITE)) {
    gst_video_frame_unmap(&from);
    goto failed;
  }
  set_tables(self, frame);
  scale_picture(self, &from, &to);
  gst_video_frame_unmap(&to);
  gst_video_frame_unmap(&from);
  gst_buffer_copy_into(part, picture, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  return part;
failed:
  gst_buffer_unref(part);
  return NULL;
}

static gboolean same_size(const PictureFrame *self) {
  return GST_VIDEO_INFO_WIDTH(&self->in) == GST_VIDEO_INFO_WIDTH(&self->out) &&
         GST_VIDEO_INFO_HEIGHT(&self->in) == GST_VIDEO_INFO_HEIGHT(&self->out);
}

static GstFlowReturn picture_frame_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  PictureFrame *self = (PictureFrame *)parent;
  (void)pad;
  Frame frame = take_frame(self);
  if (frame.size >= WHOLE_SIZE && same_size(self)) return gst_pad_push(self->src, buffer);
  GstBuffer *part = part_of(self, buffer, frame);
  gst_buffer_unref(buffer);
  if (!part) {
    GST_ELEMENT_ERROR(self, RESOURCE, FAILED, ("A picture cannot be cut"), (NULL));
    return GST_FLOW_ERROR;
  }
  GST_OBJECT_LOCK(self);
  self->scaled++;
  GST_OBJECT_UNLOCK(self);
  return gst_pad_push(self->src, part);
}

/* ---- pads */

static void drop_buffers(PictureFrame *self) {
  if (self->pool) gst_buffer_pool_set_active(self->pool, FALSE);
  gst_clear_object(&self->pool);
  for (guint kind = 0; kind < 2; kind++) {
    scale_table_clear(&self->columns[kind]);
    scale_table_clear(&self->rows[kind]);
  }
  g_clear_pointer(&self->line, g_free);
}

/* Nothing is allocated before a part is cut. */
static gboolean make_pool(PictureFrame *self, GstCaps *caps) {
  drop_buffers(self);
  self->line = g_new(guint16, GST_VIDEO_INFO_WIDTH(&self->in));
  self->pool = gst_video_buffer_pool_new();
  GstStructure *config = gst_buffer_pool_get_config(self->pool);
  gst_buffer_pool_config_set_params(config, caps, GST_VIDEO_INFO_SIZE(&self->out), 0, 0);
  return gst_buffer_pool_set_config(self->pool, config) && gst_buffer_pool_set_active(self->pool, TRUE);
}

static gboolean handle_caps(PictureFrame *self, GstCaps *caps) {
  if (!gst_video_info_from_caps(&self->in, caps)) return FALSE;
  GST_OBJECT_LOCK(self);
  int width = self->width > 0 ? (int)self->width : GST_VIDEO_INFO_WIDTH(&self->in);
  int height = self->height > 0 ? (int)self->height : GST_VIDEO_INFO_HEIGHT(&self->in);
  GST_OBJECT_UNLOCK(self);
  GstCaps *out = gst_caps_copy(caps);
  gst_caps_set_simple(out, "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  gboolean handled = gst_video_info_from_caps(&self->out, out) && make_pool(self, out) &&
                     gst_pad_push_event(self->src, gst_event_new_caps(out));
  gst_caps_unref(out);
  return handled;
}

static gboolean picture_frame_sink_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return gst_pad_event_default(pad, parent, event);
  GstCaps *caps;
  gst_event_parse_caps(event, &caps);
  gboolean handled = handle_caps((PictureFrame *)parent, caps);
  gst_event_unref(event);
  return handled;
}

/* Sizes differ between the pads: answer here, never downstream. */
static gboolean picture_frame_sink_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  GstCaps *caps, *filter, *template;
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_ALLOCATION:
      gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
      return TRUE;
    case GST_QUERY_CAPS:
      gst_query_parse_caps(query, &filter);
      template = gst_pad_get_pad_template_caps(pad);
      caps = filter ? gst_caps_intersect_full(filter, template, GST_CAPS_INTERSECT_FIRST) : gst_caps_ref(template);
      gst_query_set_caps_result(query, caps);
      gst_caps_unref(caps);
      gst_caps_unref(template);
      return TRUE;
    default:
      return gst_pad_query_default(pad, parent, query);
  }
}

static GstStateChangeReturn picture_frame_change_state(GstElement *element, GstStateChange change) {
  PictureFrame *self = (PictureFrame *)element;
  GstStateChangeReturn result = GST_ELEMENT_CLASS(picture_frame_parent_class)->change_state(element, change);
  if (change != GST_STATE_CHANGE_PAUSED_TO_READY) return result;
  drop_buffers(self);
  GST_OBJECT_LOCK(self);
  self->shown = FALSE;
  self->from = self->goal;
  GST_OBJECT_UNLOCK(self);
  return result;
}

/* ---- properties */

static void picture_frame_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  PictureFrame *self = (PictureFrame *)object;
  Frame frame;
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_FRAME:
      if (parse_frame(g_value_get_string(value), &frame)) set_goal(self, frame);
      break;
    case PROP_RAMP: self->ramp_ms = g_value_get_uint(value); break;
    case PROP_WIDTH: self->width = g_value_get_uint(value); break;
    case PROP_HEIGHT: self->height = g_value_get_uint(value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

static gchar *frame_text(Frame frame) {
  char parts[3][G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(parts[0], sizeof parts[0], "%.6f", frame.x);
  g_ascii_formatd(parts[1], sizeof parts[1], "%.6f", frame.y);
  g_ascii_formatd(parts[2], sizeof parts[2], "%.6f", frame.size);
  return g_strdup_printf("%s %s %s", parts[0], parts[1], parts[2]);
}

static void picture_frame_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  PictureFrame *self = (PictureFrame *)object;
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_FRAME: g_value_take_string(value, frame_text(self->goal)); break;
    case PROP_RAMP: g_value_set_uint(value, self->ramp_ms); break;
    case PROP_WIDTH: g_value_set_uint(value, self->width); break;
    case PROP_HEIGHT: g_value_set_uint(value, self->height); break;
    case PROP_SCALED: g_value_set_uint(value, self->scaled); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

static void picture_frame_finalize(GObject *object) {
  drop_buffers((PictureFrame *)object);
  G_OBJECT_CLASS(picture_frame_parent_class)->finalize(object);
}

static void picture_frame_class_init(PictureFrameClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  object->set_property = picture_frame_set_property;
  object->get_property = picture_frame_get_property;
  object->finalize = picture_frame_finalize;
  element->change_state = picture_frame_change_state;
  g_object_class_install_property(object, PROP_FRAME, g_param_spec_string("frame", "Frame",
      "Part of the picture, \"x y size\": centre and side as shares of the whole", "0.5 0.5 1", RUNTIME_PROPERTY));
  g_object_class_install_property(object, PROP_RAMP, g_param_spec_uint("ramp-ms", "Ramp", "Time from one frame to the next, ms", 0,
      1000, 45, RUNTIME_PROPERTY));
  g_object_class_install_property(object, PROP_WIDTH, g_param_spec_uint("width", "Width", "Of the result; 0: as it comes", 0, 8192, 0,
      START_PROPERTY));
  g_object_class_install_property(object, PROP_HEIGHT, g_param_spec_uint("height", "Height", "Of the result; 0: as it comes", 0, 8192,
      0, START_PROPERTY));
  g_object_class_install_property(object, PROP_SCALED, g_param_spec_uint("scaled", "Scaled", "Pictures that were not handed on as they came",
      0, G_MAXUINT, 0, FIGURE_PROPERTY));
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Picture frame", "Filter/Effect/Video", "Shows a part of the picture", "Incamera");
}

static void picture_frame_init(PictureFrame *self) {
  self->from = self->goal = whole;
  self->ramp_ms = 45;
  self->sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(self->sink, picture_frame_chain);
  gst_pad_set_event_function(self->sink, picture_frame_sink_event);
  gst_pad_set_query_function(self->sink, picture_frame_sink_query);
  self->src = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_use_fixed_caps(self->src);
  gst_element_add_pad(GST_ELEMENT(self), self->sink);
  gst_element_add_pad(GST_ELEMENT(self), self->src);
}
