/* One element a file; incamera-plugin.c registers them. */
#pragma once

#include <gst/gst.h>

GType ksvc_encoder_get_type(void);
GType layout_bin_get_type(void);
GType slot_sink_get_type(void);
GType slot_src_get_type(void);
GType room_overlay_get_type(void);
GType pts_shift_get_type(void);
GType bus_watch_get_type(void);
GType audio_meter_get_type(void);
GType pts_header_get_type(void);
GType picture_frame_get_type(void);
GType echo_filter_get_type(void);

/* Properties that JavaScript may set while the pipeline runs. */
#define RUNTIME_PROPERTY (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define START_PROPERTY (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define FIGURE_PROPERTY (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)
#define COMMAND_PROPERTY (G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
