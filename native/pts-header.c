/*
 * ptsheader puts 16 bytes before the bytes of each buffer, so that what JavaScript pulls from appsink still knows when it
 * was recorded. Big endian: presentation time in the pipeline in ns (all ones: none), then the same moment on
 * CLOCK_MONOTONIC in µs. `latency-ms` is the pipeline's latency: sound of time t is played at t plus this.
 */
#include <gst/gst.h>

#include "elements.h"

#define HEADER_BYTES 16

typedef struct {
  GstElement parent;
  GstPad *sink, *src;
  gint latency_ms; /* atomic */
} PtsHeader;
typedef struct {
  GstElementClass parent;
} PtsHeaderClass;
G_DEFINE_TYPE(PtsHeader, pts_header, GST_TYPE_ELEMENT)

static GstStaticPadTemplate header_sink = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
/* No fields: every field of the caps is turned into a JavaScript value at each pull. */
static GstStaticPadTemplate header_src =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-timed"));

/* The pipeline's clock may be a sound card's: what is shared with other pipelines is the system's. */
static guint64 monotonic_us(PtsHeader *self, GstClockTime pts) {
  guint64 now_us = (guint64)g_get_monotonic_time();
  GstClock *clock = gst_element_get_clock(GST_ELEMENT(self));
  if (!clock) return now_us;
  gint64 age_ns = GST_CLOCK_TIME_IS_VALID(pts)
                      ? GST_CLOCK_DIFF(pts + gst_element_get_base_time(GST_ELEMENT(self)), gst_clock_get_time(clock))
                      : 0;
  gst_object_unref(clock);
  return now_us - age_ns / 1000;
}

static GstFlowReturn pts_header_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  PtsHeader *self = (PtsHeader *)parent;
  GstMapInfo map;
  (void)pad;
  GstMemory *header = gst_allocator_alloc(NULL, HEADER_BYTES, NULL);
  if (!header || !gst_memory_map(header, &map, GST_MAP_WRITE)) {
    if (header) gst_memory_unref(header);
    gst_buffer_unref(buffer);
    return GST_FLOW_ERROR;
  }
  GST_WRITE_UINT64_BE(map.data, GST_BUFFER_PTS(buffer));
  GST_WRITE_UINT64_BE(map.data + 8, monotonic_us(self, GST_BUFFER_PTS(buffer)));
  gst_memory_unmap(header, &map);
  buffer = gst_buffer_make_writable(buffer);
  gst_buffer_prepend_memory(buffer, header);
  return gst_pad_push(self->src, buffer);
}

static gboolean pts_header_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  PtsHeader *self = (PtsHeader *)parent;
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return gst_pad_event_default(pad, parent, event);
  gst_event_unref(event);
  GstCaps *caps = gst_static_pad_template_get_caps(&header_src);
  gboolean pushed = gst_pad_push_event(self->src, gst_event_new_caps(caps));
  gst_caps_unref(caps);
  return pushed;
}

static gboolean pts_header_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_CAPS) {
    GstCaps *filter = NULL;
    gst_query_parse_caps(query, &filter);
    GstCaps *any = filter ? gst_caps_ref(filter) : gst_caps_new_any();
    gst_query_set_caps_result(query, any);
    gst_caps_unref(any);
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_set_accept_caps_result(query, TRUE);
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION) return FALSE;
  return gst_pad_query_default(pad, parent, query);
}

/* Sinks learn the pipeline's latency by an event that travels upstream. */
static gboolean pts_header_src_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  PtsHeader *self = (PtsHeader *)parent;
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) {
    GstClockTime latency = 0;
    gst_event_parse_latency(event, &latency);
    g_atomic_int_set(&self->latency_ms, (gint)(MIN(latency, 10 * GST_SECOND) / GST_MSECOND));
  }
  return gst_pad_event_default(pad, parent, event);
}

enum { PROP_0, PROP_LATENCY_MS };

static void pts_header_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  if (id == PROP_LATENCY_MS) g_value_set_int(value, g_atomic_int_get(&((PtsHeader *)object)->latency_ms));
  else G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void pts_header_class_init(PtsHeaderClass *klass) {
  G_OBJECT_CLASS(klass)->get_property = pts_header_get_property;
  g_object_class_install_property(G_OBJECT_CLASS(klass), PROP_LATENCY_MS,
      g_param_spec_int("latency-ms", "Latency", "Latency of the pipeline, ms", 0, 10000, 0, FIGURE_PROPERTY));
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &header_sink);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &header_src);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Presentation time header", "Filter",
      "Puts each buffer's time before its bytes", "Incamera");
}

static void pts_header_init(PtsHeader *self) {
  self->sink = gst_pad_new_from_static_template(&header_sink, "sink");
  gst_pad_set_chain_function(self->sink, pts_header_chain);
  gst_pad_set_event_function(self->sink, pts_header_event);
  gst_pad_set_query_function(self->sink, pts_header_query);
  gst_element_add_pad(GST_ELEMENT(self), self->sink);
  self->src = gst_pad_new_from_static_template(&header_src, "src");
  gst_pad_use_fixed_caps(self->src);
  gst_pad_set_event_function(self->src, pts_header_src_event);
  gst_element_add_pad(GST_ELEMENT(self), self->src);
}
