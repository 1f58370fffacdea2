#include "elements.h"

static gboolean plugin_init(GstPlugin *plugin) {
  static const struct {
    const char *name;
    GType (*type)(void);
  } elements[] = {
      {"ksvcenc", ksvc_encoder_get_type},     {"layoutbin", layout_bin_get_type}, {"slotsink", slot_sink_get_type},
      {"slotsrc", slot_src_get_type},         {"roomoverlay", room_overlay_get_type}, {"ptsshift", pts_shift_get_type},
      {"buswatch", bus_watch_get_type},       {"audiometer", audio_meter_get_type}, {"ptsheader", pts_header_get_type},
      {"pictureframe", picture_frame_get_type},
      {"echofilter", echo_filter_get_type},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(elements); i++)
    if (!gst_element_register(plugin, elements[i].name, GST_RANK_NONE, elements[i].type())) return FALSE;
  return TRUE;
}

#define PACKAGE "incamera"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, incamera, "Elements of the Incamera meeting room", plugin_init, "1",
                  "Apache 2.0", "incamera", "https://localhost/")
