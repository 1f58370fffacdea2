/*
 * An adaptive filter in blocks of 10 ms, partitioned, in the frequency domain, whose step is a Kalman gain (Enzner and Vary,
 * "Frequency-domain adaptive Kalman filter for acoustic echo control", Signal Processing 86, 2006; with partitions: Kuech, Mabande
 * and Enzner, ICASSP 2014). The gain weighs how much of the room is unknown against how much of the microphone's sound is not
 * echo, so that nobody has to detect that both sides speak. It takes away what is linear and nothing of the voice in the room;
 * the rest is for a suppressor after it. No delay: a block that comes in goes out.
 */
#include "echo-model.h"

#include <gst/fft/gstfftf32.h>
#include <math.h>
#include <string.h>

/* Without this the loops over bins are not vectorised at the -O2 of the build. */
#pragma GCC optimize("O3")

#define SIZE (2 * ECHO_BLOCK)
#define BINS (ECHO_BLOCK + 1)
#define PARTS ECHO_PARTS
/* The wrap of circular convolution is taken out of every third partition at each block. */
#define CONSTRAINT_PERIOD 3
/* How surely the room is the same 10 ms later: forgets within some ten seconds. */
#define STAY 0.9999f
/* Power of each bin's response that is thought possible at first, and by how much less 10 ms later (0.67 dB). */
#define FIRST_DOUBT 0.02f
#define DOUBT_DECAY 0.857f
#define LEAST_DOUBT 1e-10f
/* Share of a response that is in doubt after an interruption. */
#define UNSETTLED 0.1f
/* Smoothing of what is not echo. */
#define NOISE_KEPT 0.8f
/* Mean square of a far end that is silent, -90 dBFS. */
#define SILENT 1e-9f
/* More sound after than before by this much, smoothed over 100 ms: the model is worse than none. */
#define WORSE 4.0f
#define ENERGY_KEPT 0.9f
#define ENERGY_FLOOR 1e-4f

typedef struct {
  float re[BINS], im[BINS];
} Spectrum;

struct EchoModel {
  GstFFTF32 *forward, *inverse;
  float window[SIZE]; /* the last two blocks of the far end */
  Spectrum far[PARTS], room[PARTS];
  float far_power[PARTS][BINS];
  float doubt[PARTS][BINS];
  float noise[BINS];
  guint newest;      /* of far */
  guint constrained; /* partition modulo the period */
  guint silent;      /* blocks since the far end was heard */
  float energy_before, energy_after;
};

static void to_spectrum(EchoModel *self, const float *time, Spectrum *out) {
  GstFFTF32Complex bins[BINS];
  gst_fft_f32_fft(self->forward, time, bins);
  for (guint k = 0; k < BINS; k++) {
    out->re[k] = bins[k].r;
    out->im[k] = bins[k].i;
  }
}

static void to_time(EchoModel *self, const Spectrum *in, float *out) {
  GstFFTF32Complex bins[BINS];
  for (guint k = 0; k < BINS; k++) {
    bins[k].r = in->re[k] / SIZE;
    bins[k].i = in->im[k] / SIZE;
  }
  gst_fft_f32_inverse_fft(self->inverse, bins, out);
}

EchoModel *echo_model_new(void) {
  EchoModel *self = g_new0(EchoModel, 1);
  self->forward = gst_fft_f32_new(SIZE, FALSE);
  self->inverse = gst_fft_f32_new(SIZE, TRUE);
  echo_model_reset(self);
  return self;
}

void echo_model_free(EchoModel *self) {
  gst_fft_f32_free(self->forward);
  gst_fft_f32_free(self->inverse);
  g_free(self);
}

void echo_model_reset(EchoModel *self) {
  memset(self->window, 0, sizeof self->window);
  memset(self->far, 0, sizeof self->far);
  memset(self->far_power, 0, sizeof self->far_power);
  memset(self->room, 0, sizeof self->room);
  float doubt = FIRST_DOUBT;
  for (guint p = 0; p < PARTS; p++, doubt *= DOUBT_DECAY)
    for (guint k = 0; k < BINS; k++) self->doubt[p][k] = doubt;
  for (guint k = 0; k < BINS; k++) self->noise[k] = 1e-3f;
  self->newest = 0;
  self->silent = PARTS;
  self->energy_before = self->energy_after = 0;
}

/* The spectrum of far end that partition p of the room answers to. */
static guint far_of(const EchoModel *self, guint p) {
  return (self->newest + p) % PARTS;
}

static float energy(const float *block) {
  float sum = 0;
  for (guint i = 0; i < ECHO_BLOCK; i++) sum += block[i] * block[i];
  return sum;
}

/* FALSE once nothing of the far end is left in the room. */
static gboolean take_far(EchoModel *self, const float *block) {
  gboolean silent = energy(block) < SILENT * ECHO_BLOCK;
  self->silent = silent ? MIN(self->silent + 1, PARTS) : 0;
  memmove(self->window, self->window + ECHO_BLOCK, ECHO_BLOCK * sizeof(float));
  memcpy(self->window + ECHO_BLOCK, block, ECHO_BLOCK * sizeof(float));
  self->newest = (self->newest + PARTS - 1) % PARTS;
  Spectrum *far = &self->far[self->newest];
  float *power = self->far_power[self->newest];
  to_spectrum(self, self->window, far);
  for (guint k = 0; k < BINS; k++) power[k] = far->re[k] * far->re[k] + far->im[k] * far->im[k];
  return self->silent < PARTS;
}

static void take_echo(EchoModel *self, float *near) {
  Spectrum sum = {0};
  float echo[SIZE];
  for (guint p = 0; p < PARTS; p++) {
    const Spectrum *x = &self->far[far_of(self, p)], *w = &self->room[p];
    for (guint k = 0; k < BINS; k++) {
      sum.re[k] += x->re[k] * w->re[k] - x->im[k] * w->im[k];
      sum.im[k] += x->re[k] * w->im[k] + x->im[k] * w->re[k];
    }
  }
  to_time(self, &sum, echo);
  for (guint i = 0; i < ECHO_BLOCK; i++) near[i] -= echo[ECHO_BLOCK + i];
}

/* Power of what is not echo: what is left, smoothed, but never less than now, or an onset of the voice would be learnt. */
static void track_noise(EchoModel *self, const Spectrum *left, float *present) {
  float power[BINS + 2];
  for (guint k = 0; k < BINS; k++) power[k + 1] = left->re[k] * left->re[k] + left->im[k] * left->im[k];
  power[0] = power[1];
  power[BINS + 1] = power[BINS];
  for (guint k = 0; k < BINS; k++) {
    float now = (power[k] + power[k + 1] + power[k + 2]) / 3;
    self->noise[k] = NOISE_KEPT * self->noise[k] + (1 - NOISE_KEPT) * now;
    present[k] = MAX(self->noise[k], now);
  }
}

static void constrain(EchoModel *self, Spectrum *room) {
  float time[SIZE];
  to_time(self, room, time);
  memset(time + ECHO_BLOCK, 0, ECHO_BLOCK * sizeof(float));
  to_spectrum(self, time, room);
}

static void learn(EchoModel *self, const float *left) {
  Spectrum error;
  float padded[SIZE] = {0}, total[BINS];
  memcpy(padded + ECHO_BLOCK, left, ECHO_BLOCK * sizeof(float));
  to_spectrum(self, padded, &error);
  track_noise(self, &error, total);
  /* Half: the block is half of the window. */
  for (guint p = 0; p < PARTS; p++) {
    const float *power = self->far_power[far_of(self, p)], *doubt = self->doubt[p];
    for (guint k = 0; k < BINS; k++) total[k] += 0.5f * power[k] * doubt[k];
  }
  for (guint k = 0; k < BINS; k++) total[k] = 1 / (total[k] + 1e-9f);
  self->constrained = (self->constrained + 1) % CONSTRAINT_PERIOD;
  for (guint p = 0; p < PARTS; p++) {
    const Spectrum *x = &self->far[far_of(self, p)];
    const float *power = self->far_power[far_of(self, p)];
    Spectrum *w = &self->room[p];
    float *doubt = self->doubt[p];
    for (guint k = 0; k < BINS; k++) {
      float gain = doubt[k] * total[k];
      w->re[k] = STAY * (w->re[k] + gain * (x->re[k] * error.re[k] + x->im[k] * error.im[k]));
      w->im[k] = STAY * (w->im[k] + gain * (x->re[k] * error.im[k] - x->im[k] * error.re[k]));
      float known = 1 - 0.5f * power[k] * gain;
      doubt[k] = STAY * STAY * (known > 0 ? known : 0) * doubt[k] +
                 (1 - STAY * STAY) * (w->re[k] * w->re[k] + w->im[k] * w->im[k]) + LEAST_DOUBT;
    }
    if (p % CONSTRAINT_PERIOD == self->constrained) constrain(self, w);
  }
}

void echo_model_hear(EchoModel *self, const float *far) {
  take_far(self, far);
}

void echo_model_unsettle(EchoModel *self) {
  for (guint p = 0; p < PARTS; p++) {
    const Spectrum *w = &self->room[p];
    for (guint k = 0; k < BINS; k++)
      self->doubt[p][k] += UNSETTLED * (w->re[k] * w->re[k] + w->im[k] * w->im[k]);
  }
}

void echo_model_process(EchoModel *self, const float *far, float *near) {
  if (!take_far(self, far)) return;
  float before = energy(near);
  take_echo(self, near);
  float after = energy(near);
  self->energy_before = ENERGY_KEPT * self->energy_before + before;
  self->energy_after = ENERGY_KEPT * self->energy_after + after;
  if (!(self->energy_after <= WORSE * self->energy_before + ENERGY_FLOOR)) echo_model_reset(self);
  else learn(self, near);
}
