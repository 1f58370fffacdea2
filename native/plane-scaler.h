/* Cuts a part out of a plane of bytes and scales it, at positions between the pixels: what moves slowly does not jump from one
 * pixel to the next. */
#pragma once

#include <glib.h>

#define SCALE_TAPS 8

/* Where each pixel along one side of the result comes from: `taps` source pixels from `first`, weighted in 256ths. */
typedef struct {
  int count, taps;
  int *first;
  guint16 *weights;
} ScaleTable;

/* `start` and `length` of the part in pixels of the source, which has `source` of them and at least one. */
void scale_table_set(ScaleTable *table, int count, int source, double start, double length);
void scale_table_clear(ScaleTable *table);

/* `line` holds a source row. */
void scale_plane(const ScaleTable *columns, const ScaleTable *rows, const guint8 *source, int source_stride, guint8 *target,
                 int target_stride, guint16 *line);
