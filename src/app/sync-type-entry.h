/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncTypeEntry:
 *
 * Takes the name of a document type, and says what is wrong with one.
 *
 * Signals: `add (string type)`: it is to be added. Main thread.
 */
#define SYNC_TYPE_TYPE_ENTRY (sync_type_entry_get_type ())
G_DECLARE_FINAL_TYPE (SyncTypeEntry, sync_type_entry, SYNC, TYPE_ENTRY, AdwActionRow)

SyncTypeEntry *sync_type_entry_new (const char *title, const char *purpose, const char *button);
void sync_type_entry_refuse (SyncTypeEntry *self, const char *words);
void sync_type_entry_set_usable (SyncTypeEntry *self, gboolean usable);

G_END_DECLS
