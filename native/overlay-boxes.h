/*
 * The boxes of roomoverlay: text in, rendered rectangles out. One box a line: "key x,y,width,height svg". The key is 1 to 32
 * of A-Z a-z 0-9 _ -; in an update a line with a key alone removes that box. Everything is bounded; one bad line refuses all.
 */
#pragma once

#include <gst/video/video.h>

#define OVERLAY_MAX_TEXT (1 << 20)
#define OVERLAY_MAX_SVG (256 << 10)
#define OVERLAY_MAX_BOXES 256
#define OVERLAY_MAX_SIDE 4096
/* Of all boxes together, pixels. */
#define OVERLAY_MAX_AREA (12 * 1024 * 1024)

typedef struct {
  gchar *key;
  int x, y, width, height;
  gchar *svg; /* NULL: removes the box */
  GstVideoOverlayRectangle *rectangle; /* NULL until rendered */
} OverlayBox;

void overlay_box_free(gpointer box);
/* Boxes of `text` in order, or NULL with a reason. */
GPtrArray *overlay_parse(const gchar *text, gboolean is_update, const gchar **error);
/* The boxes after an update of `current`, whose rendered rectangles are kept where they still fit. NULL with a reason. */
GPtrArray *overlay_merge(GPtrArray *current, GPtrArray *parsed, gboolean is_update, const gchar **error);
/* Renders what is not yet rendered; FALSE with a reason when an SVG is malformed. */
gboolean overlay_render(GPtrArray *boxes, const gchar **error);
/* NULL when there is nothing to show. */
GstVideoOverlayComposition *overlay_compose(GPtrArray *boxes);
