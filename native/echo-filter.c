/*
 * echofilter takes the echo of what comes to its pad `far` out of what comes to `near`, by time: sound of time t on `far` is played
 * at t plus the pipeline's latency, as webrtcechoprobe has it. Both are mono at 48 kHz, `near` in buffers of 10 ms, others pass as
 * they are. Sound that was dropped on the way changes little of what was learnt; a far end whose times jump without that was aligned
 * anew, and the room is learnt anew. webrtcdsp of Debian 12 models no more than 48 ms of room, whatever
 * its `extended-filter` says, and has to cut the voice in the room to hide the rest.
 */
#include <gst/gst.h>
#include <string.h>

#include "echo-model.h"
#include "elements.h"

/* Samples of the far end that are kept: 2.7 s. */
#define KEPT 131072
/* Times that are off by less than 1 ms are rounding. */
#define TOLERANCE 48
/* How long the microphone's sound waits for the far end's, when a busy machine has that come late; less than queues hold. */
#define PATIENCE_US (100 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  GstElement parent;
  GstPad *near, *far, *src;
  GMutex lock; /* of the far end's sound, `realigned` and `interrupted` */
  GCond arrived;
  float *played; /* KEPT */
  gint64 far_end; /* sample after the last one played, -1 at first */
  gboolean realigned, interrupted;
  gint64 near_end;
  gint64 latency;
  gboolean missed; /* the far end of the last block came too late */
  gint latency_ms; /* atomic */
  EchoModel *model;
} EchoFilter;
typedef struct {
  GstElementClass parent;
} EchoFilterClass;
G_DEFINE_TYPE(EchoFilter, echo_filter, GST_TYPE_ELEMENT)

#define ECHO_CAPS "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=48000, channels=1"
static GstStaticPadTemplate near_template = GST_STATIC_PAD_TEMPLATE("near", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(ECHO_CAPS));
static GstStaticPadTemplate far_template = GST_STATIC_PAD_TEMPLATE("far", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(ECHO_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(ECHO_CAPS));

static gint64 sample_at(GstClockTime time) {
  return (gint64)gst_util_uint64_scale_round(time, ECHO_RATE, GST_SECOND);
}

/* Where a buffer belongs: after the one before it, unless its time says otherwise. */
static gint64 place(gint64 end, GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return end;
  gint64 at = sample_at(time);
  return end >= 0 && ABS(at - end) <= TOLERANCE ? end : at;
}

/* A queue that drops says so with the flag; a changed shift does not. */
static void keep_far(EchoFilter *self, gint64 at, gboolean dropped, const gint16 *samples, gint64 count) {
  gint64 gap = self->far_end < 0 ? 0 : at - self->far_end;
  if (gap > 0 && dropped) self->interrupted = TRUE;
  else if (gap != 0) self->realigned = TRUE;
  for (gint64 i = MAX(at - KEPT, at - gap); i < at; i++) self->played[i & (KEPT - 1)] = 0;
  for (gint64 i = 0; i < count; i++) self->played[(at + i) & (KEPT - 1)] = GINT16_FROM_LE(samples[i]) / 32768.0f;
  self->far_end = at + count;
}

static GstFlowReturn echo_filter_far(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  EchoFilter *self = (EchoFilter *)parent;
  GstMapInfo map;
  (void)pad;
  if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    g_mutex_lock(&self->lock);
    gint64 at = place(self->far_end, GST_BUFFER_PTS(buffer));
    if (at >= 0) keep_far(self, at, GST_BUFFER_IS_DISCONT(buffer), (const gint16 *)map.data, (gint64)(map.size / sizeof(gint16)));
    g_cond_signal(&self->arrived);
    g_mutex_unlock(&self->lock);
    gst_buffer_unmap(buffer, &map);
  }
  gst_buffer_unref(buffer);
  return GST_FLOW_OK;
}

/* What was played while the block at `at` was recorded; silence where nothing is known. */
static void far_at(EchoFilter *self, gint64 at, float *out) {
  g_mutex_lock(&self->lock);
  for (gint64 i = 0; i < ECHO_BLOCK; i++) {
    gint64 sample = at - self->latency + i;
    gboolean known = sample >= 0 && sample < self->far_end && sample >= self->far_end - KEPT;
    out[i] = known ? self->played[sample & (KEPT - 1)] : 0;
  }
  g_mutex_unlock(&self->lock);
}

/* Waits no second time for a far end that has stopped coming. */
static gboolean await_far(EchoFilter *self, gint64 at) {
  gint64 end = at + ECHO_BLOCK - self->latency, until = g_get_monotonic_time() + PATIENCE_US;
  g_mutex_lock(&self->lock);
  gboolean waiting = !self->missed && self->far_end >= 0;
  while (waiting && self->far_end < end) waiting = g_cond_wait_until(&self->arrived, &self->lock, until);
  gboolean came = self->far_end >= end;
  g_mutex_unlock(&self->lock);
  return came;
}

/* What the loudspeaker played before the block at `at`. */
static void hear_again(EchoFilter *self, gint64 at) {
  float far[ECHO_BLOCK];
  for (gint64 part = ECHO_PARTS; part > 0; part--) {
    far_at(self, at - part * ECHO_BLOCK, far);
    echo_model_hear(self->model, far);
  }
}

/* What happened to times since the last block. */
static void follow_time(EchoFilter *self, gint64 at) {
  g_mutex_lock(&self->lock);
  gboolean realigned = self->realigned, interrupted = self->interrupted;
  self->realigned = self->interrupted = FALSE;
  g_mutex_unlock(&self->lock);
  if (realigned) echo_model_reset(self->model);
  else if (interrupted) echo_model_unsettle(self->model);
  if (realigned || interrupted || self->missed) hear_again(self, at);
  self->missed = FALSE;
}

static void filter_block(EchoFilter *self, gint64 at, gint16 *samples) {
  float far[ECHO_BLOCK], near[ECHO_BLOCK];
  far_at(self, at, far);
  for (guint i = 0; i < ECHO_BLOCK; i++) near[i] = GINT16_FROM_LE(samples[i]) / 32768.0f;
  echo_model_process(self->model, far, near);
  for (guint i = 0; i < ECHO_BLOCK; i++) {
    float whole = near[i] * 32768.0f + (near[i] < 0 ? -0.5f : 0.5f);
    samples[i] = GINT16_TO_LE((gint16)CLAMP(whole, -32768.0f, 32767.0f));
  }
}

static void take_near(EchoFilter *self, gint64 at, gint16 *samples) {
  gint64 latency = g_atomic_int_get(&self->latency_ms) * (gint64)(ECHO_RATE / 1000);
  g_mutex_lock(&self->lock);
  if (at != self->near_end || latency != self->latency) self->interrupted = TRUE;
  g_mutex_unlock(&self->lock);
  self->latency = latency;
  self->near_end = at + ECHO_BLOCK;
  if (await_far(self, at)) {
    follow_time(self, at);
    filter_block(self, at, samples);
  } else self->missed = TRUE;
}

static GstFlowReturn echo_filter_near(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  EchoFilter *self = (EchoFilter *)parent;
  GstMapInfo map;
  (void)pad;
  gint64 at = place(self->near_end, GST_BUFFER_PTS(buffer));
  if (at >= 0 && gst_buffer_get_size(buffer) == ECHO_BLOCK * sizeof(gint16)) {
    buffer = gst_buffer_make_writable(buffer);
    if (gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) {
      take_near(self, at, (gint16 *)map.data);
      gst_buffer_unmap(buffer, &map);
    }
  }
  return gst_pad_push(self->src, buffer);
}

/* The far end's stream ends here. */
static gboolean echo_filter_far_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  (void)pad, (void)parent;
  gst_event_unref(event);
  return TRUE;
}

static gboolean echo_filter_src_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  EchoFilter *self = (EchoFilter *)parent;
  (void)pad;
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) {
    GstClockTime latency = 0;
    gst_event_parse_latency(event, &latency);
    g_atomic_int_set(&self->latency_ms, (gint)(MIN(latency, 2 * GST_SECOND) / GST_MSECOND));
  }
  return gst_pad_push_event(self->near, event);
}

/* The far end's latency is none of the microphone's. */
static gboolean echo_filter_src_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  EchoFilter *self = (EchoFilter *)parent;
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) return gst_pad_peer_query(self->near, query);
  return gst_pad_query_default(pad, parent, query);
}

static GstStateChangeReturn echo_filter_change_state(GstElement *element, GstStateChange change) {
  EchoFilter *self = (EchoFilter *)element;
  if (change == GST_STATE_CHANGE_READY_TO_PAUSED) {
    self->far_end = self->near_end = -1;
    self->realigned = self->interrupted = self->missed = FALSE;
    echo_model_reset(self->model);
  }
  return GST_ELEMENT_CLASS(echo_filter_parent_class)->change_state(element, change);
}

static void echo_filter_finalize(GObject *object) {
  EchoFilter *self = (EchoFilter *)object;
  echo_model_free(self->model);
  g_free(self->played);
  g_cond_clear(&self->arrived);
  g_mutex_clear(&self->lock);
  G_OBJECT_CLASS(echo_filter_parent_class)->finalize(object);
}

static void echo_filter_class_init(EchoFilterClass *class) {
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  G_OBJECT_CLASS(class)->finalize = echo_filter_finalize;
  element->change_state = echo_filter_change_state;
  gst_element_class_add_static_pad_template(element, &near_template);
  gst_element_class_add_static_pad_template(element, &far_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Echo filter", "Filter/Audio", "Takes the loudspeaker's echo out of the microphone's sound", "Incamera");
}

static void echo_filter_init(EchoFilter *self) {
  g_mutex_init(&self->lock);
  g_cond_init(&self->arrived);
  self->far_end = self->near_end = -1;
  self->played = g_new0(float, KEPT);
  self->model = echo_model_new();
  self->near = gst_pad_new_from_static_template(&near_template, "near");
  gst_pad_set_chain_function(self->near, echo_filter_near);
  self->far = gst_pad_new_from_static_template(&far_template, "far");
  gst_pad_set_chain_function(self->far, echo_filter_far);
  gst_pad_set_event_function(self->far, echo_filter_far_event);
  self->src = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_event_function(self->src, echo_filter_src_event);
  gst_pad_set_query_function(self->src, echo_filter_src_query);
  GST_PAD_SET_PROXY_CAPS(self->near);
  GST_PAD_SET_PROXY_CAPS(self->src);
  gst_element_add_pad(GST_ELEMENT(self), self->near);
  gst_element_add_pad(GST_ELEMENT(self), self->far);
  gst_element_add_pad(GST_ELEMENT(self), self->src);
}
