/*
 * audiometer passes S16LE through and keeps its loudness in `level-db`: the loudest 10 ms since the property was last read,
 * dBov (0 is full scale), -127 when nothing louder, or nothing at all, came. A numeric property, because reading one costs
 * JavaScript no thread and leaks nothing, unlike the messages of GStreamer's `level`.
 * `latency-correction-ms` is added to the latency that upstream reports: opusdec with in-band FEC reports the longest frame
 * Opus has, 120 ms, and everything played would wait for it, though frames here have 20 ms.
 */
#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>
#include <math.h>

#include "elements.h"

#define SILENCE_DB (-127.0)

typedef struct {
  GstBaseTransform parent;
  gint window;     /* samples (of all channels) in 10 ms */
  gdouble sum;     /* of squares, current window */
  gint count;      /* samples in the current window */
  gdouble loudest; /* mean square of the loudest window since read; guarded by the object lock */
  gint correction_ms; /* atomic */
} AudioMeter;
typedef struct {
  GstBaseTransformClass parent;
} AudioMeterClass;
G_DEFINE_TYPE(AudioMeter, audio_meter, GST_TYPE_BASE_TRANSFORM)

#define METER_CAPS "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=[1,192000], channels=[1,8]"
static GstStaticPadTemplate meter_sink = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(METER_CAPS));
static GstStaticPadTemplate meter_src = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(METER_CAPS));

enum { PROP_0, PROP_LEVEL_DB, PROP_LATENCY_CORRECTION_MS };

static void audio_meter_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  AudioMeter *self = (AudioMeter *)object;
  if (id == PROP_LATENCY_CORRECTION_MS) {
    g_value_set_int(value, g_atomic_int_get(&self->correction_ms));
    return;
  }
  if (id != PROP_LEVEL_DB) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    return;
  }
  GST_OBJECT_LOCK(self);
  gdouble power = self->loudest;
  self->loudest = 0;
  GST_OBJECT_UNLOCK(self);
  g_value_set_double(value, power > 0 ? MAX(SILENCE_DB, 10 * log10(power)) : SILENCE_DB);
}

static void audio_meter_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  if (id == PROP_LATENCY_CORRECTION_MS) g_atomic_int_set(&((AudioMeter *)object)->correction_ms, g_value_get_int(value));
  else G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static gboolean audio_meter_query(GstBaseTransform *base, GstPadDirection direction, GstQuery *query) {
  if (!GST_BASE_TRANSFORM_CLASS(audio_meter_parent_class)->query(base, direction, query)) return FALSE;
  if (direction != GST_PAD_SRC || GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return TRUE;
  gboolean live = FALSE;
  GstClockTime min = 0, max = 0;
  gst_query_parse_latency(query, &live, &min, &max);
  gint64 corrected = (gint64)min + g_atomic_int_get(&((AudioMeter *)base)->correction_ms) * (gint64)GST_MSECOND;
  gst_query_set_latency(query, live, (GstClockTime)MAX(corrected, 0), max);
  return TRUE;
}

static gboolean audio_meter_set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out) {
  AudioMeter *self = (AudioMeter *)base;
  gint rate = 0, channels = 0;
  const GstStructure *structure = gst_caps_get_structure(in, 0);
  (void)out;
  if (!gst_structure_get_int(structure, "rate", &rate) || !gst_structure_get_int(structure, "channels", &channels)) return FALSE;
  self->window = MAX(1, rate / 100) * channels;
  self->sum = 0;
  self->count = 0;
  return TRUE;
}

static void close_window(AudioMeter *self) {
  gdouble power = self->sum / self->count;
  self->sum = 0;
  self->count = 0;
  GST_OBJECT_LOCK(self);
  self->loudest = MAX(self->loudest, power);
  GST_OBJECT_UNLOCK(self);
}

static GstFlowReturn audio_meter_transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  AudioMeter *self = (AudioMeter *)base;
  GstMapInfo map;
  if (self->window == 0 || GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) return GST_FLOW_OK;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return GST_FLOW_OK;
  for (gsize i = 0; i + 1 < map.size; i += 2) {
    gdouble sample = (gint16)GST_READ_UINT16_LE(map.data + i) / 32768.0;
    self->sum += sample * sample;
    if (++self->count >= self->window) close_window(self);
  }
  gst_buffer_unmap(buffer, &map);
  return GST_FLOW_OK;
}

static void audio_meter_class_init(AudioMeterClass *klass) {
  GObjectClass *object = G_OBJECT_CLASS(klass);
  GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
  object->get_property = audio_meter_get_property;
  object->set_property = audio_meter_set_property;
  base->query = audio_meter_query;
  base->set_caps = audio_meter_set_caps;
  base->transform_ip = audio_meter_transform_ip;
  base->passthrough_on_same_caps = TRUE;
  base->transform_ip_on_passthrough = TRUE;
  g_object_class_install_property(object, PROP_LEVEL_DB,
      g_param_spec_double("level-db", "Level", "Loudest 10 ms since last read, dBov", SILENCE_DB, 0.0, SILENCE_DB,
          FIGURE_PROPERTY));
  g_object_class_install_property(object, PROP_LATENCY_CORRECTION_MS,
      g_param_spec_int("latency-correction-ms", "Latency correction", "Added to what upstream reports, ms", -1000, 1000, 0,
          START_PROPERTY));
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &meter_sink);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &meter_src);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Audio meter", "Filter/Analyzer/Audio",
      "Loudness as a numeric property", "Incamera");
}

static void audio_meter_init(AudioMeter *self) { (void)self; }
