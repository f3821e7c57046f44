/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SyncCredentials:
 *
 * The API key and secret of this till for one site: from the environment (`ERPNEXT_API_TOKEN`,
 * `ERPNEXT_API_SECRET`), else from the Secret Service, else from a file that only this user can read, if somebody
 * chose that, else held for this session only. Never written to a log.
 */
#define SYNC_TYPE_CREDENTIALS (sync_credentials_get_type ())
G_DECLARE_FINAL_TYPE (SyncCredentials, sync_credentials, SYNC, CREDENTIALS, GObject)

typedef enum
{
  SYNC_CREDENTIALS_NONE,
  SYNC_CREDENTIALS_ENVIRONMENT,
  SYNC_CREDENTIALS_SECRET_SERVICE,
  SYNC_CREDENTIALS_SESSION,
  SYNC_CREDENTIALS_FILE,
} SyncCredentialsSource;

/* Where the words are to be kept if the Secret Service does not take them. */
typedef enum
{
  SYNC_CREDENTIALS_KEEP_AS_BEFORE, /* in the file if they are there now, else for this session */
  SYNC_CREDENTIALS_KEEP_SESSION,
  SYNC_CREDENTIALS_KEEP_FILE,
} SyncCredentialsKeep;

SyncCredentials *sync_credentials_new (const char *site, const char *token, const char *secret);
void sync_credentials_load_async (SyncCredentials *self, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_credentials_load_finish (SyncCredentials *self, GAsyncResult *result, GError **error);
void sync_credentials_set_file (SyncCredentials *self, const char *path);
void sync_credentials_set_async (SyncCredentials *self, const char *token, const char *secret, SyncCredentialsKeep keep,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_credentials_set_finish (SyncCredentials *self, GAsyncResult *result, GError **error);
void sync_credentials_clear_async (SyncCredentials *self, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_credentials_clear_finish (SyncCredentials *self, GAsyncResult *result, GError **error);
char *sync_credentials_dup_authorization (SyncCredentials *self);
SyncCredentialsSource sync_credentials_get_source (SyncCredentials *self);
const char *sync_credentials_get_fault (SyncCredentials *self);
const char *sync_credentials_source_to_string (SyncCredentialsSource source);
void sync_credentials_set_clock (SyncCredentials *self, SyncClock *clock);
const char *sync_credentials_find_fault (const char *text);

G_END_DECLS
