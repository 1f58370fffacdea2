/*
 * audiometer passes S16LE through and keeps its loudness in `level-db`: the loudest 10 ms since the property was last read,
 * dBov (0 is full scale), -127 when nothing louder, or nothing at all, came. A numeric property, because reading one costs
 * JavaScript no thread and leaks nothing, unlike the messages of GStreamer's `level`.
 * What a microphone's health is told by is counted from the start, of all channels together, so that two looks make a
 * measurement however far they are apart: `samples`, `energy` (sum of squares, full scale is 1), `clipped` (samples in runs of
 * three or more at full scale) and `changes` (samples unlike the one before: none at all is digital silence).
 * `latency-correction-ms` is added to the latency that upstream reports: opusdec with in-band FEC reports the longest frame
 * Opus has, 120 ms, and everything played would wait for it, though frames here have 20 ms.
 */
#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>
#include <math.h>
#include <string.h>

#include "elements.h"

#define SILENCE_DB (-127.0)
#define MOST_CHANNELS 8
/* Converters and automatic gain stop a little below full scale. */
#define FULL 32600
#define CLIPPED_RUN 3

typedef struct {
  gdouble samples, energy, clipped, changes; /* doubles: exact up to 2^53, and read by one kind of property */
} Counts;

typedef struct {
  GstBaseTransform parent;
  gint window;     /* samples (of all channels) in 10 ms */
  gdouble sum;     /* of squares, current window */
  gint count;      /* samples in the current window */
  gdouble loudest; /* mean square of the loudest window since read; guarded by the object lock */
  gint correction_ms; /* atomic */
  gint channels;
  gint run[MOST_CHANNELS];       /* samples at full scale in a row */
  gint16 previous[MOST_CHANNELS];
  Counts counts; /* guarded by the object lock */
} AudioMeter;
typedef struct {
  GstBaseTransformClass parent;
} AudioMeterClass;
G_DEFINE_TYPE(AudioMeter, audio_meter, GST_TYPE_BASE_TRANSFORM)

#define METER_CAPS "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=[1,192000], channels=[1,8]"
static GstStaticPadTemplate meter_sink = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(METER_CAPS));
static GstStaticPadTemplate meter_src = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(METER_CAPS));

enum { PROP_0, PROP_LEVEL_DB, PROP_LATENCY_CORRECTION_MS, PROP_SAMPLES, PROP_ENERGY, PROP_CLIPPED, PROP_CHANGES };

static const gdouble *count_of(const AudioMeter *self, guint id) {
  switch (id) {
    case PROP_SAMPLES: return &self->counts.samples;
    case PROP_ENERGY: return &self->counts.energy;
    case PROP_CLIPPED: return &self->counts.clipped;
    case PROP_CHANGES: return &self->counts.changes;
    default: return NULL;
  }
}

static void audio_meter_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  AudioMeter *self = (AudioMeter *)object;
  if (id == PROP_LATENCY_CORRECTION_MS) {
    g_value_set_int(value, g_atomic_int_get(&self->correction_ms));
    return;
  }
  const gdouble *count = count_of(self, id);
  if (count) {
    GST_OBJECT_LOCK(self);
    g_value_set_double(value, *count);
    GST_OBJECT_UNLOCK(self);
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
  self->channels = MIN(channels, MOST_CHANNELS);
  memset(self->run, 0, sizeof self->run);
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

static void count_sample(AudioMeter *self, Counts *counts, gint channel, gint16 sample) {
  gint *run = &self->run[channel];
  if (sample != self->previous[channel]) counts->changes++;
  self->previous[channel] = sample;
  *run = sample >= FULL || sample <= -FULL ? MIN(*run + 1, CLIPPED_RUN + 1) : 0;
  if (*run == CLIPPED_RUN) counts->clipped += CLIPPED_RUN;
  else if (*run > CLIPPED_RUN) counts->clipped++;
}

static void add_counts(AudioMeter *self, const Counts *more) {
  GST_OBJECT_LOCK(self);
  self->counts.samples += more->samples;
  self->counts.energy += more->energy;
  self->counts.clipped += more->clipped;
  self->counts.changes += more->changes;
  GST_OBJECT_UNLOCK(self);
}

/* Of silence that upstream marks as such nothing has to be looked at, but it has been. */
static void count_gap(AudioMeter *self, gsize bytes) {
  Counts counts = {(gdouble)(bytes / 2), 0, 0, 0};
  memset(self->run, 0, sizeof self->run);
  memset(self->previous, 0, sizeof self->previous);
  add_counts(self, &counts);
}

static GstFlowReturn audio_meter_transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  AudioMeter *self = (AudioMeter *)base;
  GstMapInfo map;
  Counts counts = {0, 0, 0, 0};
  if (self->window == 0) return GST_FLOW_OK;
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) {
    count_gap(self, gst_buffer_get_size(buffer));
    return GST_FLOW_OK;
  }
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return GST_FLOW_OK;
  gint channel = 0;
  for (gsize i = 0; i + 1 < map.size; i += 2) {
    gint16 raw = (gint16)GST_READ_UINT16_LE(map.data + i);
    gdouble sample = raw / 32768.0;
    self->sum += sample * sample;
    counts.energy += sample * sample;
    count_sample(self, &counts, channel, raw);
    if (++channel >= self->channels) channel = 0;
    if (++self->count >= self->window) close_window(self);
  }
  counts.samples = (gdouble)(map.size / 2);
  gst_buffer_unmap(buffer, &map);
  add_counts(self, &counts);
  return GST_FLOW_OK;
}

static void install_count(GObjectClass *object, guint id, const char *name, const char *what) {
  g_object_class_install_property(object, id,
      g_param_spec_double(name, name, what, 0.0, G_MAXDOUBLE, 0.0, FIGURE_PROPERTY));
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
  install_count(object, PROP_SAMPLES, "samples", "Samples seen");
  install_count(object, PROP_ENERGY, "energy", "Sum of the squares of all samples, full scale is 1");
  install_count(object, PROP_CLIPPED, "clipped", "Samples in runs at full scale");
  install_count(object, PROP_CHANGES, "changes", "Samples unlike the one before in their channel");
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &meter_sink);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &meter_src);
  gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "Audio meter", "Filter/Analyzer/Audio",
      "Loudness as a numeric property", "Incamera");
}

static void audio_meter_init(AudioMeter *self) { (void)self; }
