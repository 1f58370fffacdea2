#include "plane-scaler.h"

#include <math.h>

/* The rows are loops that vector instructions do eight and sixteen at a time, which -O2 leaves alone. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#define ONE 256

static void set_weights(guint16 *weights, const double *shares, int taps) {
  double sum = 0;
  int given = 0, largest = 0;
  for (int tap = 0; tap < taps; tap++) sum += shares[tap];
  for (int tap = 0; tap < taps; tap++) {
    weights[tap] = (guint16)(shares[tap] / sum * ONE + 0.5);
    given += weights[tap];
    if (weights[tap] > weights[largest]) largest = tap;
  }
  /* An even grey must stay what it is. */
  weights[largest] += ONE - given;
}

/* A triangle as wide as a pixel of the result, at least as one of the source: neighbours are mixed, and what is made smaller
 * does not flicker. What lies outside of the source is its edge. */
void scale_table_set(ScaleTable *table, int count, int source, double start, double length) {
  double step = length / count;
  double reach = step < 1.05 ? 1 : MIN(step, SCALE_TAPS / 2);
  int taps = MIN(2 * (int)ceil(reach), source);
  if (table->count != count || table->taps != taps) {
    scale_table_clear(table);
    table->first = g_new(int, count);
    table->weights = g_new(guint16, count * taps);
  }
  table->count = count;
  table->taps = taps;
  for (int i = 0; i < count; i++) {
    double shares[SCALE_TAPS] = {0};
    double centre = start + (i + 0.5) * step - 0.5;
    int from = (int)floor(centre - reach) + 1, first = CLAMP(from, 0, source - taps);
    for (int at = from; at < centre + reach; at++)
      shares[CLAMP(at - first, 0, taps - 1)] += MAX(0, 1 - fabs(at - centre) / reach);
    table->first[i] = first;
    set_weights(&table->weights[i * taps], shares, taps);
  }
}

void scale_table_clear(ScaleTable *table) {
  g_clear_pointer(&table->first, g_free);
  g_clear_pointer(&table->weights, g_free);
  table->count = table->taps = 0;
}

static void blend_two(guint16 *restrict line, const guint8 *restrict a, const guint8 *restrict b, guint16 of_a, guint16 of_b,
                      int count) {
  for (int x = 0; x < count; x++) line[x] = (guint16)(a[x] * of_a + b[x] * of_b);
}

static void add_row(guint16 *restrict line, const guint8 *restrict row, guint16 weight, int count) {
  for (int x = 0; x < count; x++) line[x] = (guint16)(line[x] + row[x] * weight);
}

static void blend_rows(guint16 *line, const guint8 *source, int stride, const guint16 *weights, int taps, int count) {
  if (taps == 1) {
    blend_two(line, source, source, weights[0], 0, count);
    return;
  }
  blend_two(line, source, source + stride, weights[0], weights[1], count);
  for (int tap = 2; tap < taps; tap++) add_row(line, source + (gsize)tap * stride, weights[tap], count);
}

static inline void mix_columns(guint8 *restrict target, const guint16 *restrict line, const ScaleTable *columns, const int taps) {
  const int *first = columns->first;
  const guint16 *weights = columns->weights;
  for (int i = 0; i < columns->count; i++) {
    guint32 sum = ONE * ONE / 2;
    for (int tap = 0; tap < taps; tap++) sum += (guint32)line[first[i] + tap] * weights[i * taps + tap];
    target[i] = (guint8)(sum >> 16);
  }
}

/* A number of taps that the compiler knows is a loop less. */
static void blend_columns(guint8 *target, const guint16 *line, const ScaleTable *columns) {
  if (columns->taps == 2) mix_columns(target, line, columns, 2);
  else if (columns->taps == 4) mix_columns(target, line, columns, 4);
  else mix_columns(target, line, columns, columns->taps);
}

void scale_plane(const ScaleTable *columns, const ScaleTable *rows, const guint8 *source, int source_stride, guint8 *target,
                 int target_stride, guint16 *line) {
  /* Only the columns that are looked at. */
  int from = columns->first[0];
  int count = columns->first[columns->count - 1] + columns->taps - from;
  for (int y = 0; y < rows->count; y++) {
    const guint8 *row = source + (gsize)rows->first[y] * source_stride + from;
    blend_rows(line + from, row, source_stride, rows->weights + (gsize)y * rows->taps, rows->taps, count);
    blend_columns(target + (gsize)y * target_stride, line, columns);
  }
}
