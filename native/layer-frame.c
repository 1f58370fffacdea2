#include "layer-frame.h"

#include <gst/gst.h>

void layer_frame_write(guint8 *out, const LayerFrameHeader *header) {
  memcpy(out, "INKV", 4);
  out[4] = LAYER_FRAME_VERSION;
  out[5] = header->key ? 1 : 0;
  out[6] = header->spatial;
  out[7] = header->temporal;
  GST_WRITE_UINT16_BE(out + 8, header->width);
  GST_WRITE_UINT16_BE(out + 10, header->height);
  GST_WRITE_UINT32_BE(out + 12, header->size);
  GST_WRITE_UINT64_BE(out + 16, header->pts_ns);
  GST_WRITE_UINT32_BE(out + 24, header->picture);
  out[28] = header->active_layers;
  out[29] = header->total_layers;
  GST_WRITE_UINT16_BE(out + 30, header->encode_us);
  GST_WRITE_UINT64_BE(out + 32, header->capture_us);
}
