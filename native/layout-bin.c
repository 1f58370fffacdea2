/*
 * layoutbin: a compositor whose windows one string places: "input:x,y,width,height[,z[,alpha]];…", in output pixels. Inputs
 * not named are hidden. Pictures keep their aspect inside their window; cropping to the window is slotsrc's.
 * A picture larger than its window is scaled down once, before the compositor, which would do it again for each of its own.
 * A new layout takes effect whole, between two pictures: no picture ever shows one window moved and another not yet.
 */
#include <gst/video/video.h>
#include <stdio.h>

#include "elements.h"

/* Longer strings than a wall of windows needs are refused. */
#define LONGEST_LAYOUT 16384
#define MAX_INPUTS 64

typedef struct {
  gboolean shown;
  int x, y, width, height, z;
  double alpha;
} Window;

typedef struct {
  GstBin parent;
  GstElement *compositor, *filter;
  guint width, height, fps;
  /* Under the object lock. */
  gchar *layout;
  gboolean changed;
} LayoutBin;

typedef struct {
  GstBinClass parent;
} LayoutBinClass;

G_DEFINE_TYPE(LayoutBin, layout_bin, GST_TYPE_BIN)

enum { PROP_0, PROP_LAYOUT, PROP_WIDTH, PROP_HEIGHT, PROP_FPS };

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS("video/x-raw"));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-raw"));

/* ---- the string */

static gboolean parse_window(const gchar *text, guint *input, Window *window) {
  int used = -1;
  *window = (Window){.shown = TRUE, .z = -1, .alpha = 1};
  int count = sscanf(text, "%3u:%6d,%6d,%6d,%6d%n", input, &window->x, &window->y, &window->width, &window->height, &used);
  if (count < 5 || *input >= MAX_INPUTS || window->width < 1 || window->height < 1) return FALSE;
  text += used;
  if (*text == '\0') return TRUE;
  used = -1;
  if (sscanf(text, ",%4d%n", &window->z, &used) < 1 || window->z < 0) return FALSE;
  text += used;
  if (*text == '\0') return TRUE;
  /* Not sscanf: decimals are with a point in every locale. */
  gchar *end = NULL;
  if (*text != ',') return FALSE;
  window->alpha = g_ascii_strtod(text + 1, &end);
  return end && *end == '\0' && end > text + 1 && window->alpha >= 0 && window->alpha <= 1;
}

/* Fills `windows` (MAX_INPUTS of them); FALSE when any part of the string is wrong. */
static gboolean parse_layout(const gchar *text, Window *windows) {
  gboolean good = strlen(text) <= LONGEST_LAYOUT;
  memset(windows, 0, sizeof(Window) * MAX_INPUTS);
  gchar **parts = g_strsplit(good ? text : "", ";", -1);
  for (gchar **part = parts; good && *part; part++) {
    Window window;
    guint input;
    if (**part == '\0') continue;
    good = parse_window(*part, &input, &window) && !windows[input].shown;
    if (good) windows[input] = window;
  }
  g_strfreev(parts);
  return good;
}

/* ---- the pads */

/* What an input passes through on its way to the compositor; belongs to its ghost pad. */
typedef struct {
  GstElement *scale, *most; /* the bin's */
  GstPad *pad;              /* the compositor's */
  int width, height;        /* the most that goes through */
} Input;

static void input_free(gpointer data) {
  Input *input = data;
  gst_object_unref(input->pad);
  g_free(input);
}

static Input *input_of(GstPad *ghost) { return g_object_get_data(G_OBJECT(ghost), "input"); }

/* Smaller pictures go through as they are, for the compositor enlarges them better; so do hidden ones, which nobody draws. */
static void limit_size(Input *input, const Window *window) {
  int width = window->shown ? MAX(window->width, 2) : G_MAXINT, height = window->shown ? MAX(window->height, 2) : G_MAXINT;
  /* capsfilter remembers every earlier limit until a picture comes. */
  if (width == input->width && height == input->height) return;
  input->width = width;
  input->height = height;
  GstCaps *caps = gst_caps_new_simple("video/x-raw", "width", GST_TYPE_INT_RANGE, 1, width, "height", GST_TYPE_INT_RANGE, 1, height,
                                      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
  g_object_set(input->most, "caps", caps, NULL);
  gst_caps_unref(caps);
}

static void place(GstPad *ghost, const Window *windows) {
  Input *input = input_of(ghost);
  guint number = 0;
  if (!input || sscanf(GST_PAD_NAME(ghost), "sink_%u", &number) != 1 || number >= MAX_INPUTS) return;
  const Window *window = &windows[number];
  limit_size(input, window);
  if (window->shown) {
    g_object_set(input->pad, "xpos", window->x, "ypos", window->y, "width", window->width, "height", window->height, "zorder",
                 window->z < 0 ? number : (guint)window->z, "alpha", window->alpha, NULL);
  } else {
    g_object_set(input->pad, "alpha", 0.0, NULL);
  }
}

/* The compositor has chosen the pictures of its next one and has not yet scaled or drawn any of them. */
static void apply_layout(GstElement *compositor, GstSegment *segment, guint64 pts, guint64 dts, guint64 duration,
                         GstStructure *info, gpointer data) {
  LayoutBin *self = data;
  Window windows[MAX_INPUTS];
  (void)compositor, (void)segment, (void)pts, (void)dts, (void)duration, (void)info;
  GST_OBJECT_LOCK(self);
  gboolean changed = self->changed;
  self->changed = FALSE;
  if (changed) parse_layout(self->layout, windows);
  GList *pads = changed ? g_list_copy_deep(GST_ELEMENT(self)->sinkpads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL) : NULL;
  GST_OBJECT_UNLOCK(self);
  for (GList *pad = pads; pad; pad = pad->next) place(pad->data, windows);
  g_list_free_full(pads, gst_object_unref);
}

/*
 * Answers for the elements after the compositor. It asks them about memory whenever the size of any input changes, and a queue
 * holds the question back until everything before it has been shown: all windows would stand still meanwhile.
 */
static GstPadProbeReturn answer_allocation(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  (void)pad, (void)data;
  return GST_QUERY_TYPE(GST_PAD_PROBE_INFO_QUERY(info)) == GST_QUERY_ALLOCATION ? GST_PAD_PROBE_HANDLED : GST_PAD_PROBE_OK;
}

static void set_layout(LayoutBin *self, const gchar *text) {
  Window windows[MAX_INPUTS];
  if (!parse_layout(text ? text : "", windows)) {
    GST_ELEMENT_WARNING(self, LIBRARY, SETTINGS, ("The layout is malformed and was not applied"), (NULL));
    return;
  }
  GST_OBJECT_LOCK(self);
  g_free(self->layout);
  self->layout = g_strdup(text ? text : "");
  self->changed = TRUE;
  GST_OBJECT_UNLOCK(self);
}

/* NULL when an element is not installed. */
static Input *input_new(LayoutBin *self, GstPad *pad) {
  GstElement *scale = gst_element_factory_make("videoscale", NULL), *most = gst_element_factory_make("capsfilter", NULL);
  if (!scale || !most) {
    GST_ERROR_OBJECT(self, "videoscale or capsfilter is not installed");
    if (scale) gst_object_unref(scale);
    if (most) gst_object_unref(most);
    return NULL;
  }
  /* Else a picture gets a black line where its window has its shape but for rounding. */
  g_object_set(scale, "add-borders", FALSE, NULL);
  /* A picture on its way when the limit changes still has the size of before; without this it is an error. */
  gst_util_set_object_arg(G_OBJECT(most), "caps-change-mode", "delayed");
  gst_bin_add_many(GST_BIN(self), scale, most, NULL);
  gst_element_link(scale, most);
  GstPad *out = gst_element_get_static_pad(most, "src");
  gst_pad_link(out, pad);
  gst_object_unref(out);
  gst_element_sync_state_with_parent(most);
  gst_element_sync_state_with_parent(scale);
  Input *input = g_new0(Input, 1);
  *input = (Input){.scale = scale, .most = most, .pad = gst_object_ref(pad), .width = G_MAXINT, .height = G_MAXINT};
  return input;
}

static GstPad *layout_bin_request_new_pad(GstElement *element, GstPadTemplate *template, const gchar *name, const GstCaps *caps) {
  LayoutBin *self = (LayoutBin *)element;
  (void)caps;
  GstPad *pad = gst_element_request_pad_simple(self->compositor, name ? name : "sink_%u");
  if (!pad) return NULL;
  Input *input = input_new(self, pad);
  if (!input) {
    gst_element_release_request_pad(self->compositor, pad);
    gst_object_unref(pad);
    return NULL;
  }
  gst_util_set_object_arg(G_OBJECT(pad), "sizing-policy", "keep-aspect-ratio");
  GstPad *in = gst_element_get_static_pad(input->scale, "sink");
  GstPad *ghost = gst_ghost_pad_new_from_template(GST_PAD_NAME(pad), in, template);
  gst_object_unref(in);
  gst_object_unref(pad);
  g_object_set_data_full(G_OBJECT(ghost), "input", input, input_free);
  gst_pad_set_active(ghost, TRUE);
  gst_element_add_pad(element, ghost);
  GST_OBJECT_LOCK(self);
  self->changed = TRUE;
  GST_OBJECT_UNLOCK(self);
  return ghost;
}

static void remove_element(LayoutBin *self, GstElement *element) {
  gst_element_set_state(element, GST_STATE_NULL);
  gst_bin_remove(GST_BIN(self), element);
}

static void layout_bin_release_pad(GstElement *element, GstPad *ghost) {
  LayoutBin *self = (LayoutBin *)element;
  Input *input = g_object_steal_data(G_OBJECT(ghost), "input");
  gst_pad_set_active(ghost, FALSE);
  gst_element_remove_pad(element, ghost);
  if (!input) return;
  gst_element_release_request_pad(self->compositor, input->pad);
  remove_element(self, input->scale);
  remove_element(self, input->most);
  input_free(input);
}

/* ---- properties */

static void set_output(LayoutBin *self) {
  GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, (int)self->width, "height",
                                      G_TYPE_INT, (int)self->height, "framerate", GST_TYPE_FRACTION, (int)self->fps, 1,
                                      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
  g_object_set(self->filter, "caps", caps, NULL);
  gst_caps_unref(caps);
}

static void layout_bin_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  LayoutBin *self = (LayoutBin *)object;
  switch (id) {
    case PROP_LAYOUT: set_layout(self, g_value_get_string(value)); return;
    case PROP_WIDTH: self->width = g_value_get_uint(value); break;
    case PROP_HEIGHT: self->height = g_value_get_uint(value); break;
    case PROP_FPS: self->fps = g_value_get_uint(value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec); return;
  }
  set_output(self);
}

static void layout_bin_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  LayoutBin *self = (LayoutBin *)object;
  GST_OBJECT_LOCK(self);
  switch (id) {
    case PROP_LAYOUT: g_value_set_string(value, self->layout); break;
    case PROP_WIDTH: g_value_set_uint(value, self->width); break;
    case PROP_HEIGHT: g_value_set_uint(value, self->height); break;
    case PROP_FPS: g_value_set_uint(value, self->fps); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
  GST_OBJECT_UNLOCK(self);
}

static void layout_bin_finalize(GObject *object) {
  LayoutBin *self = (LayoutBin *)object;
  g_free(self->layout);
  G_OBJECT_CLASS(layout_bin_parent_class)->finalize(object);
}

static void layout_bin_class_init(LayoutBinClass *class) {
  GObjectClass *object = G_OBJECT_CLASS(class);
  GstElementClass *element = GST_ELEMENT_CLASS(class);
  object->set_property = layout_bin_set_property;
  object->get_property = layout_bin_get_property;
  object->finalize = layout_bin_finalize;
  element->request_new_pad = layout_bin_request_new_pad;
  element->release_pad = layout_bin_release_pad;
  g_object_class_install_property(object, PROP_LAYOUT, g_param_spec_string("layout", "Layout",
      "input:x,y,width,height[,z[,alpha]];…", "", RUNTIME_PROPERTY));
  g_object_class_install_property(object, PROP_WIDTH, g_param_spec_uint("width", "Width", "Output, pixels", 16, 8192, 1280, START_PROPERTY));
  g_object_class_install_property(object, PROP_HEIGHT, g_param_spec_uint("height", "Height", "Output, pixels", 16, 8192, 720, START_PROPERTY));
  g_object_class_install_property(object, PROP_FPS, g_param_spec_uint("fps", "Rate", "Output, pictures a second", 1, 120, 30, START_PROPERTY));
  gst_element_class_add_static_pad_template(element, &sink_template);
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Layout bin", "Filter/Editor/Video/Compositor", "Compositor placed by a string",
                                        "Incamera");
}

static void layout_bin_init(LayoutBin *self) {
  self->width = 1280;
  self->height = 720;
  self->fps = 30;
  self->layout = g_strdup("");
  self->compositor = gst_element_factory_make("compositor", "compositor");
  self->filter = gst_element_factory_make("capsfilter", "filter");
  if (!self->compositor || !self->filter) {
    GST_ERROR_OBJECT(self, "compositor or capsfilter is not installed");
    return;
  }
  gst_util_set_object_arg(G_OBJECT(self->compositor), "background", "black");
  g_object_set(self->compositor, "emit-signals", TRUE, NULL);
  g_signal_connect(self->compositor, "samples-selected", G_CALLBACK(apply_layout), self);
  gst_bin_add_many(GST_BIN(self), self->compositor, self->filter, NULL);
  gst_element_link(self->compositor, self->filter);
  set_output(self);
  GstPad *out = gst_element_get_static_pad(self->compositor, "src");
  gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, answer_allocation, NULL, NULL);
  gst_object_unref(out);
  GstPad *pad = gst_element_get_static_pad(self->filter, "src");
  gst_element_add_pad(GST_ELEMENT(self), gst_ghost_pad_new("src", pad));
  gst_object_unref(pad);
}
