/*
 * ksvcenc: I420 in, VP9 L3T3_KEY out, one buffer a spatial-layer frame, each with the header of layer-frame.h.
 *
 * Layers are cut and added by properties while it runs. Lowering the spatial layer makes no key picture, raising it exactly
 * one. Pictures of temporal layers above `max-temporal-layer` are not encoded; lowering it acts at once, raising it at the
 * next group. Requests for a key picture within `min-key-interval` of the last one become one key picture at its end.
 */
#include <gst/video/video.h>

#include "elements.h"
#include "layer-frame.h"
#include "svc-codec.h"

GST_DEBUG_CATEGORY_STATIC(ksvc_debug);
#define GST_CAT_DEFAULT ksvc_debug

typedef struct {
  int max_spatial, max_temporal;
  guint kbps, speed, threads, min_key_interval_ms;
  gboolean screen_content, force_key;
} Wishes;

typedef struct {
  guint frames, key_frames, skipped, last_us;
  double average_us;
} Figures;

typedef struct {
  GstElement parent;
  GstPad *sink, *src;
  /* Under the object lock: written by any thread, read once a picture. */
  Wishes wishes;
  Figures figures;
  /* Streaming thread only. */
  GstVideoInfo info;
  GstSegment segment;
  SvcCodec codec;
  int active_spatial, active_temporal, slot;
  guint active_kbps;
  gboolean has_key, paused;
  guint32 picture;
  GstClockTime last_key_pts, last_pts;
  gint64 codec_pts;
  /* The picture in hand, for the layer callback inside the encoder. */
  LayerFrameHeader header;
  GstClockTime duration;
  gint64 started_us;
  GstFlowReturn flow;
} KsvcEncoder;

typedef struct {
  GstElementClass parent;
} KsvcEncoderClass;

G_DEFINE_TYPE(KsvcEncoder, ksvc_encoder, GST_TYPE_ELEMENT)

enum {
  PROP_0,
  PROP_MAX_SPATIAL,
  PROP_MAX_TEMPORAL,
  PROP_KBPS,
  PROP_FORCE_KEY,
  PROP_MIN_KEY_INTERVAL,
  PROP_SPEED,
  PROP_THREADS,
  PROP_SCREEN,
  PROP_FRAMES,
  PROP_KEY_FRAMES,
  PROP_SKIPPED,
  PROP_LAST_US,
  PROP_AVERAGE_US
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("video/x-raw,format=I420,width=[16,4096],height=[16,4096],framerate=[0/1,120/1]"));
/* Without fields: the binding leaks a little of every fraction it converts. */
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-incamera-layers"));

/* ---- one layer out */

static void push_layer(const vpx_codec_cx_pkt_t *packet, KsvcEncoder *self, int spatial) {
  LayerFrameHeader header = self->header;
  gint64 spent = g_get_monotonic_time() - self->started_us;
  header.spatial = spatial;
  header.width = packet->data.frame.width[spatial];
  header.height = packet->data.frame.height[spatial];
  header.size = packet->data.frame.sz;
  header.encode_us = CLAMP(spent, 0, G_MAXUINT16);
  GstBuffer *buffer = gst_buffer_new_allocate(NULL, LAYER_FRAME_HEADER_BYTES + header.size, NULL);
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
    gst_buffer_unref(buffer);
    self->flow = GST_FLOW_ERROR;
    return;
  }
  layer_frame_write(map.data, &header);
  memcpy(map.data + LAYER_FRAME_HEADER_BYTES, packet->data.frame.buf, header.size);
  gst_buffer_unmap(buffer, &map);
  GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = header.pts_ns;
  GST_BUFFER_DURATION(buffer) = self->duration;
  if (!header.key) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  self->flow = gst_pad_push(self->src, buffer);
}

/* Called by libvpx inside the encode call, on the streaming thread. */
static void on_layer(vpx_codec_cx_pkt_t *packet, void *user) {
  KsvcEncoder *self = user;
  if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0 || self->flow != GST_FLOW_OK) return;
  int spatial = svc_codec_current_layer(&self->codec);
  if (spatial >= 0 && spatial < self->header.active_layers) push_layer(packet, self, spatial);
}

/* ---- what to do with a picture */

static Wishes take_wishes(KsvcEncoder *self) {
  GST_OBJECT_LOCK(self);
  Wishes wishes = self->wishes;
  GST_OBJECT_UNLOCK(self);
  return wishes;
}

static gboolean open_codec(KsvcEncoder *self) {
  Wishes wishes = take_wishes(self);
  SvcSettings settings = {(int)wishes.speed, (int)wishes.threads, wishes.screen_content};
  const char *error = NULL;
  if (!svc_codec_open(&self->codec, &self->info, &settings, wishes.kbps, on_layer, self, &error)) {
    GST_ELEMENT_ERROR(self, LIBRARY, INIT, ("The VP9 encoder refused its %s", error), (NULL));
    return FALSE;
  }
  self->has_key = FALSE;
  self->active_spatial = self->codec.layers - 1;
  self->active_temporal = SVC_TEMPORAL - 1;
  self->active_kbps = wishes.kbps;
  return TRUE;
}

static gboolean key_is_due(const KsvcEncoder *self, const Wishes *wishes, GstClockTime pts) {
  if (!self->has_key || pts < self->last_key_pts) return TRUE;
  return pts - self->last_key_pts >= wishes->min_key_interval_ms * GST_MSECOND;
}

static gboolean key_is_wanted(const KsvcEncoder *self, const Wishes *wishes, int top) {
  return !self->has_key || wishes->force_key || self->paused || top > self->active_spatial;
}

static gboolean apply_layers(KsvcEncoder *self, const Wishes *wishes, int spatial, int temporal) {
  if (spatial == self->active_spatial && temporal == self->active_temporal && wishes->kbps == self->active_kbps) return TRUE;
  if (!svc_codec_set_rates(&self->codec, spatial, temporal, wishes->kbps)) return FALSE;
  self->active_spatial = spatial;
  self->active_temporal = temporal;
  self->active_kbps = wishes->kbps;
  return TRUE;
}

/* libvpx measures the frame rate by these times: they run over the pictures given to it, so that skipped ones leave its
 * bits per picture alone. */
static guint32 advance_codec_time(KsvcEncoder *self, GstClockTime interval) {
  guint32 ticks = CLAMP(gst_util_uint64_scale(interval, 90000, GST_SECOND), 90, 90000);
  self->codec_pts += ticks;
  return ticks;
}

static GstClockTime interval_since_last(KsvcEncoder *self, GstClockTime pts) {
  GstClockTime interval = self->duration;
  if (GST_CLOCK_TIME_IS_VALID(self->last_pts) && pts > self->last_pts) interval = pts - self->last_pts;
  self->last_pts = pts;
  return interval;
}

/* The capture time on CLOCK_MONOTONIC, which is also Node's: whatever clock the pipeline runs on. */
static guint64 capture_time_us(KsvcEncoder *self, GstClockTime pts) {
  gint64 now_us = g_get_monotonic_time();
  guint64 running = gst_segment_to_running_time(&self->segment, GST_FORMAT_TIME, pts);
  GstClock *clock = gst_element_get_clock(GST_ELEMENT(self));
  if (!clock) return now_us;
  gint64 age_ns = 0;
  if (GST_CLOCK_TIME_IS_VALID(running))
    age_ns = GST_CLOCK_DIFF(gst_element_get_base_time(GST_ELEMENT(self)) + running, gst_clock_get_time(clock));
  gst_object_unref(clock);
  /* A source that runs ahead of or far behind the clock (a file, a test) has no capture time. */
  return now_us - CLAMP(age_ns / 1000, 0, 2 * G_USEC_PER_SEC);
}

static void note_encoded(KsvcEncoder *self, gboolean key, gint64 spent_us) {
  GST_OBJECT_LOCK(self);
  Figures *figures = &self->figures;
  figures->average_us = figures->frames == 0 ? spent_us : figures->average_us + (spent_us - figures->average_us) / 30;
  figures->frames++;
  figures->last_us = spent_us;
  if (key) figures->key_frames++;
  if (key) self->wishes.force_key = FALSE;
  GST_OBJECT_UNLOCK(self);
}

static void note_skipped(KsvcEncoder *self) {
  GST_OBJECT_LOCK(self);
  self->figures.skipped++;
  GST_OBJECT_UNLOCK(self);
}

static gboolean encode_picture(KsvcEncoder *self, GstBuffer *buffer, gboolean key, GstClockTime pts, GstClockTime interval) {
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READ)) return FALSE;
  self->header = (LayerFrameHeader){.key = key,
                                    .temporal = svc_temporal_at(self->slot),
                                    .active_layers = self->active_spatial + 1,
                                    .total_layers = self->codec.layers,
                                    .picture = self->picture,
                                    .pts_ns = pts,
                                    .capture_us = capture_time_us(self, pts)};
  self->flow = GST_FLOW_OK;
  self->started_us = g_get_monotonic_time();
  guint32 ticks = advance_codec_time(self, interval);
  gboolean encoded = svc_codec_encode(&self->codec, &frame, self->slot, key, self->codec_pts, ticks);
  gst_video_frame_unmap(&frame);
  if (encoded) note_encoded(self, key, g_get_monotonic_time() - self->started_us);
  return encoded;
}

static void next_slot(KsvcEncoder *self) {
  self->slot = (self->slot + 1) % SVC_GROUP;
  self->picture++;
}

static GstFlowReturn handle_picture(KsvcEncoder *self, GstBuffer *buffer, GstClockTime pts) {
  Wishes wishes = take_wishes(self);
  GstClockTime interval = interval_since_last(self, pts);
  int top = MIN(wishes.max_spatial, self->codec.layers - 1);
  if (top < 0) {
    self->paused = TRUE;
    note_skipped(self);
    return GST_FLOW_OK;
  }
  gboolean key = key_is_wanted(self, &wishes, top) && key_is_due(self, &wishes, pts);
  if (key) self->slot = 0;
  int temporal = self->slot == 0 ? wishes.max_temporal : MIN(self->active_temporal, wishes.max_temporal);
  if (!apply_layers(self, &wishes, key ? top : MIN(top, self->active_spatial), temporal))
    GST_ELEMENT_WARNING(self, LIBRARY, SETTINGS, ("The VP9 encoder refused new layers"), ("%s", svc_codec_error(&self->codec)));
  if (svc_temporal_at(self->slot) > self->active_temporal) {
    note_skipped(self);
    next_slot(self);
    return GST_FLOW_OK;
  }
  if (!encode_picture(self, buffer, key, pts, interval)) {
    GST_ELEMENT_ERROR(self, STREAM, ENCODE, ("The VP9 encoder failed"), ("%s", svc_codec_error(&self->codec)));
    return GST_FLOW_ERROR;
  }
  if (key) {
    self->has_key = TRUE;
    self->paused = FALSE;
    self->last_key_pts = pts;
  }
  next_slot(self);
  return self->flow;
}

static GstFlowReturn ksvc_encoder_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  KsvcEncoder *self = (KsvcEncoder *)parent;
  (void)pad;
  GstFlowReturn flow = GST_FLOW_NOT_NEGOTIATED;
  if (self->codec.open) {
    GstClockTime pts = GST_BUFFER_PTS(buffer);
    self->duration = GST_BUFFER_DURATION(buffer);
    if (!GST_CLOCK_TIME_IS_VALID(self->duration)) {
      gboolean fixed = self->info.fps_n > 0;
      self->duration = gst_util_uint64_scale(GST_SECOND, fixed ? self->info.fps_d : 1, fixed ? self->info.fps_n : 30);
    }
    if (!GST_CLOCK_TIME_IS_VALID(pts)) pts = GST_CLOCK_TIME_IS_VALID(self->last_pts) ? self->last_pts + self->duration : 0;
    flow = handle_picture(self, buffer, pts);
  }
  gst_buffer_unref(buffer);
  return flow;
}

/* ---- pads */

static gboolean handle_caps(KsvcEncoder *self, GstCaps *caps) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return FALSE;
  gboolean same = self->codec.open && gst_video_info_is_equal(&info, &self->info);
  self->info = info;
  if (!same && !open_codec(self)) return FALSE;
  GstCaps *out = gst_pad_get_pad_template_caps(self->src);
  gboolean sent = gst_pad_push_event(self->src, gst_event_new_caps(out));
  gst_caps_unref(out);
  return sent;
}

static gboolean ksvc_encoder_sink_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  KsvcEncoder *self = (KsvcEncoder *)parent;
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps *caps;
    gst_event_parse_caps(event, &caps);
    gboolean handled = handle_caps(self, caps);
    gst_event_unref(event);
    return handled;
  }
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) gst_event_copy_segment(event, &self->segment);
  return gst_pad_event_default(pad, parent, event);
}

/* The two pads' caps have nothing to do with each other: answer here, never downstream. */
static gboolean ksvc_encoder_sink_query(GstPad *pad, GstObject *parent, GstQuery *query) {
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
    case GST_QUERY_ACCEPT_CAPS:
      gst_query_parse_accept_caps(query, &caps);
      template = gst_pad_get_pad_template_caps(pad);
      gst_query_set_accept_caps_result(query, gst_caps_is_subset(caps, template));
      gst_caps_unref(template);
      return TRUE;
    default:
      return gst_pad_query_default(pad, parent, query);
  }
}

static gboolean ksvc_encoder_src_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  KsvcEncoder *self = (KsvcEncoder *)parent;
  if (!gst_video_event_is_force_key_unit(event)) return gst_pad_event_default(pad, parent, event);
  GST_OBJECT_LOCK(self);
  self->wishes.force_key = TRUE;
  GST_OBJECT_UNLOCK(self);
  gst_event_unref(event);
  return TRUE;
}

static void reset(KsvcEncoder *self) {
  svc_codec_close(&self->codec);
  gst_segment_init(&self->segment, GST_FORMAT_TIME);
  self->has_key = self->paused = FALSE;
  self->slot = 0;
  self->codec_pts = 0;
  self->last_pts = self->last_key_pts = GST_CLOCK_TIME_NONE;
}

static GstStateChangeReturn ksvc_encoder_change_state(GstElement *element, GstStateChange change) {
  GstStateChangeReturn result = GST_ELEMENT_CLASS(ksvc_encoder_parent_class)->change_state(element, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) reset((KsvcEncoder *)element);
  return result;
}

/* ---- properties */

static void ksvc_encoder_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  KsvcEncoder *self = (KsvcEncoder *)object;
  Wishes *wishes = &self->wishes;
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_MAX_SPATIAL: wishes->max_spatial = g_value_get_int(value); break;
    case PROP_MAX_TEMPORAL: wishes->max_temporal = g_value_get_int(value); break;
    case PROP_KBPS: wishes->kbps = g_value_get_uint(value); break;
    case PROP_FORCE_KEY: wishes->force_key = wishes->force_key || g_value_get_boolean(value); break;
    case PROP_MIN_KEY_INTERVAL: wishes->min_key_interval_ms = g_value_get_uint(value); break;
    case PROP_SPEED: wishes->speed = g_value_get_uint(value); break;
    case PROP_THREADS: wishes->threads = g_value_get_uint(value); break;
    case PROP_SCREEN: wishes->screen_content = g_value_get_boolean(value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

static void ksvc_encoder_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  KsvcEncoder *self = (KsvcEncoder *)object;
  const Wishes *wishes = &self->wishes;
  const Figures *figures = &self->figures;
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_MAX_SPATIAL: g_value_set_int(value, wishes->max_spatial); break;
    case PROP_MAX_TEMPORAL: g_value_set_int(value, wishes->max_temporal); break;
    case PROP_KBPS: g_value_set_uint(value, wishes->kbps); break;
    case PROP_FORCE_KEY: g_value_set_boolean(value, wishes->force_key); break;
    case PROP_MIN_KEY_INTERVAL: g_value_set_uint(value, wishes->min_key_interval_ms); break;
    case PROP_SPEED: g_value_set_uint(value, wishes->speed); break;
    case PROP_THREADS: g_value_set_uint(value, wishes->threads); break;
    case PROP_SCREEN: g_value_set_boolean(value, wishes->screen_content); break;
    case PROP_FRAMES: g_value_set_uint(value, figures->frames); break;
    case PROP_KEY_FRAMES: g_value_set_uint(value, figures->key_frames); break;
    case PROP_SKIPPED: g_value_set_uint(value, figures->skipped); break;
    case PROP_LAST_US: g_value_set_uint(value, figures->last_us); break;
    case PROP_AVERAGE_US: g_value_set_uint(value, (guint)figures->average_us); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

static void ksvc_encoder_finalize(GObject *object) {
  svc_codec_close(&((KsvcEncoder *)object)->codec);
  G_OBJECT_CLASS(ksvc_encoder_parent_class)->finalize(object);
}

static void install_wishes(GObjectClass *class) {
  g_object_class_install_property(class, PROP_MAX_SPATIAL, g_param_spec_int("max-spatial-layer", "Highest spatial layer",
      "Highest spatial layer encoded; -1 encodes nothing", -1, 2, 2, RUNTIME_PROPERTY));
  g_object_class_install_property(class, PROP_MAX_TEMPORAL, g_param_spec_int("max-temporal-layer", "Highest temporal layer",
      "Highest temporal layer encoded: 2, 1, 0 give the full, half, quarter frame rate", 0, 2, 2, RUNTIME_PROPERTY));
  g_object_class_install_property(class, PROP_KBPS, g_param_spec_uint("target-bitrate", "Bit rate",
      "Bit rate of all layers together, kbit/s", 30, 20000, 1500, RUNTIME_PROPERTY));
  g_object_class_install_property(class, PROP_FORCE_KEY, g_param_spec_boolean("force-keyframe", "Key picture",
      "Write true to ask for a key picture; true until it is made", FALSE, RUNTIME_PROPERTY));
  g_object_class_install_property(class, PROP_MIN_KEY_INTERVAL, g_param_spec_uint("min-key-interval", "Key interval",
      "Least time between key pictures, ms", 0, 10000, 300, RUNTIME_PROPERTY));
  g_object_class_install_property(class, PROP_SPEED, g_param_spec_uint("speed", "Speed",
      "libvpx speed, 5 (better) to 9 (faster); read when the encoder opens", 5, 9, 8, START_PROPERTY));
  g_object_class_install_property(class, PROP_THREADS, g_param_spec_uint("threads", "Threads",
      "Threads of the encoder; read when the encoder opens", 1, 16, 2, START_PROPERTY));
  g_object_class_install_property(class, PROP_SCREEN, g_param_spec_boolean("screen-content", "Screen content",
      "The picture is a screen, not a camera; read when the encoder opens", FALSE, START_PROPERTY));
}

static void install_figure(GObjectClass *class, guint id, const char *name, const char *blurb) {
  g_object_class_install_property(class, id, g_param_spec_uint(name, name, blurb, 0, G_MAXUINT, 0, FIGURE_PROPERTY));
}

static void ksvc_encoder_class_init(KsvcEncoderClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  GST_DEBUG_CATEGORY_INIT(ksvc_debug, "ksvcenc", 0, "k-SVC VP9 encoder");
  object->set_property = ksvc_encoder_set_property;
  object->get_property = ksvc_encoder_get_property;
  object->finalize = ksvc_encoder_finalize;
  element->change_state = ksvc_encoder_change_state;
  install_wishes(object);
  install_figure(object, PROP_FRAMES, "frames", "Pictures encoded");
  install_figure(object, PROP_KEY_FRAMES, "key-frames", "Key pictures encoded");
  install_figure(object, PROP_SKIPPED, "dropped", "Pictures not encoded: nobody wants them, or their temporal layer");
  install_figure(object, PROP_LAST_US, "last-encode-us", "Time of the last picture, µs");
  install_figure(object, PROP_AVERAGE_US, "avg-encode-us", "Mean over about the last 30 pictures, µs");
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "VP9 k-SVC encoder", "Codec/Encoder/Video",
                                        "Encodes VP9 L3T3_KEY, a buffer a layer frame", "Incamera");
}

static void ksvc_encoder_init(KsvcEncoder *self) {
  self->wishes = (Wishes){.max_spatial = 2, .max_temporal = 2, .kbps = 1500, .speed = 8, .threads = 2, .min_key_interval_ms = 300};
  self->sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(self->sink, ksvc_encoder_chain);
  gst_pad_set_event_function(self->sink, ksvc_encoder_sink_event);
  gst_pad_set_query_function(self->sink, ksvc_encoder_sink_query);
  self->src = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_event_function(self->src, ksvc_encoder_src_event);
  gst_pad_use_fixed_caps(self->src);
  gst_element_add_pad(GST_ELEMENT(self), self->sink);
  gst_element_add_pad(GST_ELEMENT(self), self->src);
  reset(self);
}
