/*
 * The header before every layer frame that ksvcenc puts out: appsink hands bytes to JavaScript and nothing else, so what is
 * known of a frame travels with it. Mirrored by src/call/media/layer-frame.ts: change both, and the version.
 * Numbers are big-endian.
 *
 *   0  4  magic "INKV"
 *   4  1  version, 1
 *   5  1  1 when the picture is a key picture (set on all its layers), else 0
 *   6  1  spatial layer, 0 to 2
 *   7  1  temporal layer, 0 to 2
 *   8  2  width of this layer, pixels
 *  10  2  height of this layer, pixels
 *  12  4  bytes of VP9 after the header
 *  16  8  presentation time in the pipeline, ns
 *  24  4  picture number, wraps; a picture skipped for its temporal layer uses a number too, so that the distance to the
 *         references stays that of the 0-2-1-2 group
 *  28  1  spatial layers encoded in this picture, 1 to 3
 *  29  1  spatial layers of this input size, 1 to 3
 *  30  2  from the picture's arrival to this layer's end, µs, at most 65,535
 *  32  8  capture time on CLOCK_MONOTONIC, µs
 */
#pragma once

#include <glib.h>
#include <string.h>

#define LAYER_FRAME_HEADER_BYTES 40
#define LAYER_FRAME_VERSION 1

typedef struct {
  gboolean key;
  guint8 spatial, temporal, active_layers, total_layers;
  guint16 width, height, encode_us;
  guint32 size, picture;
  guint64 pts_ns, capture_us;
} LayerFrameHeader;

void layer_frame_write(guint8 *out, const LayerFrameHeader *header);
