/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-config.h"

G_BEGIN_DECLS

#define SYNC_PROFILE_MAX_SETTINGS 5

/* Numbers that go together for one kind of till; those that it does not name stay as they are. */
typedef struct
{
  const char *name;        /* which stays: "high-frequency" */
  const char *title;       /* not translated yet */
  const char *description; /* not translated yet */
  struct
  {
    const char *key; /* NULL: no more */
    guint value;
  } settings[SYNC_PROFILE_MAX_SETTINGS];
} SyncProfile;

const SyncProfile *sync_profile_list (guint *n_profiles);
gboolean sync_profile_is_used (const SyncProfile *self, GSettings *settings);
const char *sync_profile_find_override (const SyncProfile *self);
gboolean sync_profile_use (const SyncProfile *self, GSettings *settings, GVariant **before, GError **error);
void sync_profile_put_back (GSettings *settings, GVariant *before);

G_END_DECLS
