#include "overlay-boxes.h"

#include <cairo.h>
#include <librsvg/rsvg.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_KEY 32

void overlay_box_free(gpointer data) {
  OverlayBox *box = data;
  g_free(box->key);
  g_free(box->svg);
  if (box->rectangle) gst_video_overlay_rectangle_unref(box->rectangle);
  g_free(box);
}

/* ---- text */

static gboolean is_key(const gchar *text, gsize length) {
  if (length < 1 || length > LONGEST_KEY) return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum(text[i]) && text[i] != '_' && text[i] != '-') return FALSE;
  return TRUE;
}

static gboolean parse_place(const gchar *text, OverlayBox *box, const gchar **rest) {
  int used = -1;
  if (sscanf(text, "%6d,%6d,%4d,%4d%n", &box->x, &box->y, &box->width, &box->height, &used) < 4 || used < 0) return FALSE;
  *rest = text + used;
  return box->width >= 1 && box->height >= 1 && box->width <= OVERLAY_MAX_SIDE && box->height <= OVERLAY_MAX_SIDE &&
         box->x > -OVERLAY_MAX_SIDE && box->y > -OVERLAY_MAX_SIDE && box->x < 2 * OVERLAY_MAX_SIDE && box->y < 2 * OVERLAY_MAX_SIDE;
}

static OverlayBox *parse_line(const gchar *line, gboolean is_update) {
  const gchar *rest = strchr(line, ' ');
  gsize key_length = rest ? (gsize)(rest - line) : strlen(line);
  if (!is_key(line, key_length) || (!rest && !is_update)) return NULL;
  OverlayBox *box = g_new0(OverlayBox, 1);
  box->key = g_strndup(line, key_length);
  if (!rest) return box;
  if (parse_place(rest + 1, box, &rest) && rest[0] == ' ' && rest[1] == '<' && strlen(rest) <= OVERLAY_MAX_SVG) {
    box->svg = g_strdup(rest + 1);
    return box;
  }
  overlay_box_free(box);
  return NULL;
}

GPtrArray *overlay_parse(const gchar *text, gboolean is_update, const gchar **error) {
  *error = "the text is too long or not UTF-8";
  if (strlen(text) > OVERLAY_MAX_TEXT || !g_utf8_validate(text, -1, NULL)) return NULL;
  GPtrArray *boxes = g_ptr_array_new_with_free_func(overlay_box_free);
  gchar **lines = g_strsplit(text, "\n", OVERLAY_MAX_BOXES + 2);
  gboolean good = TRUE;
  for (gchar **line = lines; good && *line; line++) {
    if (**line == '\0') continue;
    OverlayBox *box = boxes->len < OVERLAY_MAX_BOXES ? parse_line(*line, is_update) : NULL;
    if (box) g_ptr_array_add(boxes, box);
    good = box != NULL;
  }
  g_strfreev(lines);
  if (good) return boxes;
  *error = "a line is malformed, out of bounds, or one too many";
  g_ptr_array_unref(boxes);
  return NULL;
}

/* ---- the list */

static OverlayBox *find_box(GPtrArray *boxes, const gchar *key, guint *index) {
  for (guint i = 0; i < boxes->len; i++) {
    OverlayBox *box = g_ptr_array_index(boxes, i);
    if (!g_str_equal(box->key, key)) continue;
    if (index) *index = i;
    return box;
  }
  return NULL;
}

static OverlayBox *copy_box(const OverlayBox *box) {
  OverlayBox *copy = g_new0(OverlayBox, 1);
  *copy = *box;
  copy->key = g_strdup(box->key);
  copy->svg = g_strdup(box->svg);
  if (copy->rectangle) gst_video_overlay_rectangle_ref(copy->rectangle);
  return copy;
}

static GstVideoOverlayRectangle *moved(GstVideoOverlayRectangle *rectangle, const OverlayBox *box) {
  GstVideoOverlayRectangle *copy = gst_video_overlay_rectangle_copy(rectangle);
  gst_video_overlay_rectangle_set_render_rectangle(copy, box->x, box->y, box->width, box->height);
  return copy;
}

/* A box that looks as before keeps its picture, wherever it moves. */
static void keep_picture(OverlayBox *box, GPtrArray *current) {
  const OverlayBox *before = find_box(current, box->key, NULL);
  if (!before || !before->rectangle || !box->svg) return;
  if (before->width != box->width || before->height != box->height || !g_str_equal(before->svg, box->svg)) return;
  gboolean same_place = before->x == box->x && before->y == box->y;
  box->rectangle = same_place ? gst_video_overlay_rectangle_ref(before->rectangle) : moved(before->rectangle, box);
}

static void put_box(GPtrArray *boxes, OverlayBox *box) {
  guint index = 0;
  gboolean exists = find_box(boxes, box->key, &index) != NULL;
  if (box->svg && exists) {
    overlay_box_free(boxes->pdata[index]);
    boxes->pdata[index] = box;
  } else if (box->svg) {
    g_ptr_array_add(boxes, box);
  } else {
    if (exists) g_ptr_array_remove_index(boxes, index);
    overlay_box_free(box);
  }
}

static gboolean within_bounds(GPtrArray *boxes) {
  gsize area = 0;
  for (guint i = 0; i < boxes->len; i++) {
    const OverlayBox *box = g_ptr_array_index(boxes, i);
    area += (gsize)box->width * box->height;
  }
  return boxes->len <= OVERLAY_MAX_BOXES && area <= OVERLAY_MAX_AREA;
}

GPtrArray *overlay_merge(GPtrArray *current, GPtrArray *parsed, gboolean is_update, const gchar **error) {
  GPtrArray *merged = g_ptr_array_new_with_free_func(overlay_box_free);
  for (guint i = 0; is_update && i < current->len; i++) g_ptr_array_add(merged, copy_box(g_ptr_array_index(current, i)));
  for (guint i = 0; i < parsed->len; i++) {
    OverlayBox *box = copy_box(g_ptr_array_index(parsed, i));
    keep_picture(box, current);
    put_box(merged, box);
  }
  if (within_bounds(merged)) return merged;
  *error = "too many boxes or too large together";
  g_ptr_array_unref(merged);
  return NULL;
}

/* ---- pictures */

static gboolean draw_svg(const OverlayBox *box, cairo_surface_t *surface) {
  /* No base URI: librsvg loads nothing from outside the text. */
  RsvgHandle *handle = rsvg_handle_new_from_data((const guint8 *)box->svg, strlen(box->svg), NULL);
  if (!handle) return FALSE;
  RsvgRectangle viewport = {0, 0, box->width, box->height};
  cairo_t *cairo = cairo_create(surface);
  gboolean drawn = rsvg_handle_render_document(handle, cairo, &viewport, NULL) && cairo_status(cairo) == CAIRO_STATUS_SUCCESS;
  cairo_destroy(cairo);
  g_object_unref(handle);
  return drawn;
}

static void destroy_surface(gpointer surface) {
  cairo_surface_destroy(surface);
}

static GstVideoOverlayRectangle *rectangle_of(const OverlayBox *box, cairo_surface_t *surface) {
  gsize stride = cairo_image_surface_get_stride(surface), bytes = stride * box->height;
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint strides[GST_VIDEO_MAX_PLANES] = {(gint)stride};
  cairo_surface_flush(surface);
  GstBuffer *pixels = gst_buffer_new_wrapped_full(0, cairo_image_surface_get_data(surface), bytes, 0, bytes,
                                                  cairo_surface_reference(surface), destroy_surface);
  gst_buffer_add_video_meta_full(pixels, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, box->width, box->height,
                                 1, offset, strides);
  GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_new_raw(
      pixels, box->x, box->y, box->width, box->height, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  gst_buffer_unref(pixels);
  return rectangle;
}

static gboolean render_box(OverlayBox *box) {
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, box->width, box->height);
  gboolean drawn = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS && draw_svg(box, surface);
  if (drawn) box->rectangle = rectangle_of(box, surface);
  cairo_surface_destroy(surface);
  return drawn;
}

gboolean overlay_render(GPtrArray *boxes, const gchar **error) {
  for (guint i = 0; i < boxes->len; i++) {
    OverlayBox *box = g_ptr_array_index(boxes, i);
    if (box->rectangle || render_box(box)) continue;
    *error = "an SVG is malformed";
    return FALSE;
  }
  return TRUE;
}

GstVideoOverlayComposition *overlay_compose(GPtrArray *boxes) {
  if (boxes->len == 0) return NULL;
  GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(NULL);
  for (guint i = 0; i < boxes->len; i++) {
    OverlayBox *box = g_ptr_array_index(boxes, i);
    gst_video_overlay_composition_add_rectangle(composition, box->rectangle);
  }
  return composition;
}
