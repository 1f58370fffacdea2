#include "svc-codec.h"

#include <string.h>

#define MIN_QUANTIZER 2
#define MAX_QUANTIZER 56

/* Percent of the bit rate a spatial layer gets, by the highest layer encoded. */
static const int spatial_share[SVC_MAX_SPATIAL][SVC_MAX_SPATIAL] = {{100, 0, 0}, {30, 70, 0}, {12, 28, 60}};
/* Percent of a spatial layer's bit rate up to and including a temporal layer, by the highest temporal layer encoded. */
static const int temporal_share[SVC_TEMPORAL][SVC_TEMPORAL] = {{100, 100, 100}, {60, 100, 100}, {50, 70, 100}};

int svc_layers_for(int width, int height) {
  int longer = MAX(width, height);
  return longer >= 640 ? 3 : longer >= 320 ? 2 : 1;
}

int svc_temporal_at(int slot) {
  static const int pattern[SVC_GROUP] = {0, 2, 1, 2};
  return pattern[slot % SVC_GROUP];
}

static void fill_rates(SvcCodec *codec, int top_spatial, int top_temporal, guint kbps) {
  vpx_codec_enc_cfg_t *config = &codec->config;
  config->rc_target_bitrate = kbps;
  for (int s = 0; s < codec->layers; s++) {
    guint rate = s <= top_spatial ? MAX(1, kbps * spatial_share[top_spatial][s] / 100) : 0;
    config->ss_target_bitrate[s] = rate;
    for (int t = 0; t < SVC_TEMPORAL; t++)
      config->layer_target_bitrate[s * SVC_TEMPORAL + t] = rate * temporal_share[top_temporal][t] / 100;
  }
}

static void fill_config(SvcCodec *codec, const GstVideoInfo *info, const SvcSettings *settings) {
  vpx_codec_enc_cfg_t *config = &codec->config;
  config->g_w = GST_VIDEO_INFO_WIDTH(info);
  config->g_h = GST_VIDEO_INFO_HEIGHT(info);
  config->g_profile = 0;
  config->g_timebase.num = 1;
  config->g_timebase.den = 90000;
  config->g_threads = settings->threads;
  /* A layer may be lost or left out: probabilities must not depend on the frame before. */
  config->g_error_resilient = 1;
  config->g_lag_in_frames = 0;
  config->kf_mode = VPX_KF_DISABLED;
  config->rc_end_usage = VPX_CBR;
  config->rc_min_quantizer = MIN_QUANTIZER;
  config->rc_max_quantizer = MAX_QUANTIZER;
  config->rc_undershoot_pct = 50;
  config->rc_overshoot_pct = 50;
  config->rc_buf_initial_sz = 500;
  config->rc_buf_optimal_sz = 600;
  config->rc_buf_sz = 1000;
  /* The encoder drops nothing by itself: a hole would break the group's references. */
  config->rc_dropframe_thresh = 0;
  config->ss_number_layers = codec->layers;
  config->ts_number_layers = SVC_TEMPORAL;
  config->ts_periodicity = SVC_GROUP;
  config->ts_rate_decimator[0] = 4;
  config->ts_rate_decimator[1] = 2;
  config->ts_rate_decimator[2] = 1;
  /* References are given with each picture, so that skipped temporal layers do not move the group. */
  config->temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_BYPASS;
}

static int color_space_of(const GstVideoInfo *info) {
  switch (info->colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709: return VPX_CS_BT_709;
    case GST_VIDEO_COLOR_MATRIX_BT601: return VPX_CS_BT_601;
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M: return VPX_CS_SMPTE_240;
    case GST_VIDEO_COLOR_MATRIX_BT2020: return VPX_CS_BT_2020;
    default: return VPX_CS_UNKNOWN;
  }
}

static void fill_svc(const SvcCodec *codec, int speed, vpx_svc_extra_cfg_t *svc) {
  memset(svc, 0, sizeof *svc);
  for (int s = 0; s < codec->layers; s++) {
    svc->scaling_factor_num[s] = 1;
    svc->scaling_factor_den[s] = 1 << (codec->layers - 1 - s);
    svc->speed_per_layer[s] = speed;
    for (int t = 0; t < SVC_TEMPORAL; t++) {
      svc->min_quantizers[s * SVC_TEMPORAL + t] = MIN_QUANTIZER;
      svc->max_quantizers[s * SVC_TEMPORAL + t] = MAX_QUANTIZER;
    }
  }
}

static gboolean apply_controls(SvcCodec *codec, const GstVideoInfo *info, const SvcSettings *settings,
                               vpx_codec_enc_output_cx_pkt_cb_fn_t on_layer, void *user) {
  vpx_codec_ctx_t *ctx = &codec->ctx;
  vpx_svc_extra_cfg_t svc;
  vpx_codec_priv_output_cx_pkt_cb_pair_t callback = {on_layer, user};
  int full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  fill_svc(codec, settings->speed, &svc);
  int failed = vpx_codec_control(ctx, VP8E_SET_CPUUSED, settings->speed);
  failed |= vpx_codec_control(ctx, VP9E_SET_ROW_MT, 1);
  failed |= vpx_codec_control(ctx, VP9E_SET_TILE_COLUMNS, settings->threads > 1 ? 1 : 0);
  failed |= vpx_codec_control(ctx, VP9E_SET_AQ_MODE, settings->screen_content ? 0 : 3);
  failed |= vpx_codec_control(ctx, VP9E_SET_TUNE_CONTENT, settings->screen_content ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT);
  failed |= vpx_codec_control(ctx, VP9E_SET_COLOR_SPACE, color_space_of(info));
  failed |= vpx_codec_control(ctx, VP9E_SET_COLOR_RANGE, full_range);
  failed |= vpx_codec_control(ctx, VP9E_SET_SVC, 1);
  failed |= vpx_codec_control(ctx, VP9E_SET_SVC_PARAMETERS, &svc);
  /* k-SVC: a layer predicts from the one below on key pictures alone. */
  failed |= vpx_codec_control(ctx, VP9E_SET_SVC_INTER_LAYER_PRED, 2);
  failed |= vpx_codec_control(ctx, VP9E_REGISTER_CX_CALLBACK, &callback);
  return !failed;
}

gboolean svc_codec_open(SvcCodec *codec, const GstVideoInfo *info, const SvcSettings *settings, guint kbps,
                        vpx_codec_enc_output_cx_pkt_cb_fn_t on_layer, void *user, const char **error) {
  svc_codec_close(codec);
  *error = "default configuration";
  if (vpx_codec_enc_config_default(vpx_codec_vp9_cx(), &codec->config, 0)) return FALSE;
  codec->layers = svc_layers_for(GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info));
  fill_config(codec, info, settings);
  /* libvpx must begin with every layer on; those not wanted are turned off afterwards. */
  fill_rates(codec, codec->layers - 1, SVC_TEMPORAL - 1, kbps);
  *error = "initialisation";
  if (vpx_codec_enc_init(&codec->ctx, vpx_codec_vp9_cx(), &codec->config, 0)) return FALSE;
  codec->open = TRUE;
  *error = "settings";
  if (apply_controls(codec, info, settings, on_layer, user)) return TRUE;
  svc_codec_close(codec);
  return FALSE;
}

void svc_codec_close(SvcCodec *codec) {
  if (codec->open) vpx_codec_destroy(&codec->ctx);
  codec->open = FALSE;
}

gboolean svc_codec_set_rates(SvcCodec *codec, int top_spatial, int top_temporal, guint kbps) {
  fill_rates(codec, MIN(top_spatial, codec->layers - 1), top_temporal, kbps);
  return vpx_codec_enc_config_set(&codec->ctx, &codec->config) == VPX_CODEC_OK;
}

/*
 * Buffers 0 to 2 hold the newest temporal layer 0 of each spatial layer, 3 to 5 the newest temporal layer 1:
 * slot 0 (T0) and slot 1 (T2) refer to T0, slot 2 (T1) to T0, slot 3 (T2) to the T1 before it.
 */
static void fill_references(const SvcCodec *codec, int slot, gboolean key, vpx_svc_ref_frame_config_t *refs) {
  memset(refs, 0, sizeof *refs);
  for (int s = 0; s < codec->layers; s++) {
    int own = slot == 3 ? SVC_MAX_SPATIAL + s : s;
    refs->lst_fb_idx[s] = own;
    refs->gld_fb_idx[s] = key && s > 0 ? s - 1 : own;
    refs->alt_fb_idx[s] = own;
    refs->reference_last[s] = !key;
    refs->reference_golden[s] = key && s > 0;
    if (slot == 0) refs->update_buffer_slot[s] = 1 << s;
    if (slot == 2) refs->update_buffer_slot[s] = 1 << (SVC_MAX_SPATIAL + s);
  }
}

static gboolean set_picture(SvcCodec *codec, int slot, gboolean key) {
  vpx_svc_layer_id_t id;
  vpx_svc_ref_frame_config_t refs;
  memset(&id, 0, sizeof id);
  id.temporal_layer_id = svc_temporal_at(slot);
  for (int s = 0; s < codec->layers; s++) id.temporal_layer_id_per_spatial[s] = id.temporal_layer_id;
  fill_references(codec, slot, key, &refs);
  return !vpx_codec_control(&codec->ctx, VP9E_SET_SVC_LAYER_ID, &id) &&
         !vpx_codec_control(&codec->ctx, VP9E_SET_SVC_REF_FRAME_CONFIG, &refs);
}

gboolean svc_codec_encode(SvcCodec *codec, const GstVideoFrame *frame, int slot, gboolean key, gint64 pts, guint32 duration) {
  vpx_image_t image;
  guint8 *luma = GST_VIDEO_FRAME_PLANE_DATA(frame, 0);
  if (!set_picture(codec, slot, key)) return FALSE;
  if (!vpx_img_wrap(&image, VPX_IMG_FMT_I420, GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame), 1, luma)) return FALSE;
  for (int plane = 0; plane < 3; plane++) {
    image.planes[plane] = GST_VIDEO_FRAME_PLANE_DATA(frame, plane);
    image.stride[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
  }
  if (vpx_codec_encode(&codec->ctx, &image, pts, duration, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME)) return FALSE;
  vpx_codec_iter_t iterator = NULL;
  while (vpx_codec_get_cx_data(&codec->ctx, &iterator)) continue;
  return TRUE;
}

int svc_codec_current_layer(SvcCodec *codec) {
  vpx_svc_layer_id_t id;
  memset(&id, 0, sizeof id);
  vpx_codec_control(&codec->ctx, VP9E_GET_SVC_LAYER_ID, &id);
  return id.spatial_layer_id;
}

const char *svc_codec_error(SvcCodec *codec) {
  const char *detail = vpx_codec_error_detail(&codec->ctx);
  return detail ? detail : vpx_codec_error(&codec->ctx);
}
