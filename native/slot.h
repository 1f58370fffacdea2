/*
 * A slot is a named mailbox for one picture between two pipelines of the process: the newest wins, nothing queues.
 * Slots are counted by the elements that hold them and disappear with the last.
 */
#pragma once

#include <gst/gst.h>

typedef struct Slot Slot;

/* The slot of this name, made if need be. */
Slot *slot_acquire(const gchar *name);
void slot_release(Slot *slot);
/* Takes over `sample`; NULL empties the slot: its memory goes and the reader shows black. */
void slot_put(Slot *slot, GstSample *sample);
/* Lets every waiting reader look at its `cancelled` again. */
void slot_wake(Slot *slot);
/*
 * Waits until the slot's content is not that of `*seen` or `*cancelled` is non-zero. TRUE: there is new content, `*seen` is
 * set and `*sample` is the picture, owned by the caller, or NULL for an emptied slot.
 */
gboolean slot_wait(Slot *slot, guint64 *seen, gint *cancelled, GstSample **sample);
