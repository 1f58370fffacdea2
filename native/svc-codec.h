/* libvpx set up as a k-SVC encoder of up to three spatial and three temporal layers; knows nothing of GStreamer's elements. */
#pragma once

#include <gst/video/video.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define SVC_MAX_SPATIAL 3
#define SVC_TEMPORAL 3
/* Pictures in a temporal group: layers 0, 2, 1, 2. */
#define SVC_GROUP 4

typedef struct {
  int speed, threads;
  gboolean screen_content;
} SvcSettings;

typedef struct {
  vpx_codec_ctx_t ctx;
  vpx_codec_enc_cfg_t config;
  gboolean open;
  int layers; /* spatial layers of this input size */
} SvcCodec;

/* Layers 1/4, 1/2 and 1 of the input; an input whose longer side is below 640 has two, below 320 one. */
int svc_layers_for(int width, int height);
/* Temporal layer of a picture at `slot` (0 to 3) of its group. */
int svc_temporal_at(int slot);
/* `on_layer` is called inside svc_codec_encode, once a spatial layer, lowest first. */
gboolean svc_codec_open(SvcCodec *codec, const GstVideoInfo *info, const SvcSettings *settings, guint kbps,
                        vpx_codec_enc_output_cx_pkt_cb_fn_t on_layer, void *user, const char **error);
void svc_codec_close(SvcCodec *codec);
/* Spends `kbps` on spatial layers up to `top_spatial` and temporal layers up to `top_temporal`; makes no key picture. */
gboolean svc_codec_set_rates(SvcCodec *codec, int top_spatial, int top_temporal, guint kbps);
/* Encodes the picture at `slot`; `key` only at slot 0. Times in 1/90000 s. */
gboolean svc_codec_encode(SvcCodec *codec, const GstVideoFrame *frame, int slot, gboolean key, gint64 pts, guint32 duration);
/* Spatial layer of the packet in hand, inside `on_layer` only. */
int svc_codec_current_layer(SvcCodec *codec);
const char *svc_codec_error(SvcCodec *codec);
