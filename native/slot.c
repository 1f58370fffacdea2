#include "slot.h"

struct Slot {
  gchar *name;
  guint holders; /* under `table_lock` */
  GMutex lock;
  GCond changed;
  GstSample *sample;
  guint64 sequence;
};

static GMutex table_lock;
static GHashTable *table;

Slot *slot_acquire(const gchar *name) {
  g_mutex_lock(&table_lock);
  if (!table) table = g_hash_table_new(g_str_hash, g_str_equal);
  Slot *slot = g_hash_table_lookup(table, name);
  if (!slot) {
    slot = g_new0(Slot, 1);
    slot->name = g_strdup(name);
    g_mutex_init(&slot->lock);
    g_cond_init(&slot->changed);
    g_hash_table_insert(table, slot->name, slot);
  }
  slot->holders++;
  g_mutex_unlock(&table_lock);
  return slot;
}

void slot_release(Slot *slot) {
  g_mutex_lock(&table_lock);
  gboolean last = --slot->holders == 0;
  if (last) g_hash_table_remove(table, slot->name);
  g_mutex_unlock(&table_lock);
  if (!last) return;
  if (slot->sample) gst_sample_unref(slot->sample);
  g_mutex_clear(&slot->lock);
  g_cond_clear(&slot->changed);
  g_free(slot->name);
  g_free(slot);
}

void slot_put(Slot *slot, GstSample *sample) {
  g_mutex_lock(&slot->lock);
  GstSample *old = slot->sample;
  gboolean news = sample || old;
  slot->sample = sample;
  if (news) slot->sequence++;
  g_cond_broadcast(&slot->changed);
  g_mutex_unlock(&slot->lock);
  if (old) gst_sample_unref(old);
}

void slot_wake(Slot *slot) {
  g_mutex_lock(&slot->lock);
  g_cond_broadcast(&slot->changed);
  g_mutex_unlock(&slot->lock);
}

gboolean slot_wait(Slot *slot, guint64 *seen, gint *cancelled, GstSample **sample) {
  g_mutex_lock(&slot->lock);
  while (!g_atomic_int_get(cancelled) && slot->sequence == *seen) g_cond_wait(&slot->changed, &slot->lock);
  gboolean news = slot->sequence != *seen && !g_atomic_int_get(cancelled);
  *sample = news && slot->sample ? gst_sample_ref(slot->sample) : NULL;
  if (news) *seen = slot->sequence;
  g_mutex_unlock(&slot->lock);
  return news;
}
