/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server that this till belongs to, and its key. Main thread; the key goes on in the engine's. */
#include "config.h"

#include "sync-application-private.h"

#include "sync-setup-dialog.h"

#include <glib/gi18n.h>

/* A key on its way to the engine's thread. */
typedef struct
{
  char *token;  /* (owned) */
  char *secret; /* (owned) */
} Key;

static void
key_free (gpointer data)
{
  Key *key = data;

  g_free (key->token);
  g_free (key->secret);
  g_free (key);
}

static void
key_set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncEngine) engine = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_credentials_set_finish (SYNC_CREDENTIALS (source), result, &error))
    g_message ("The API key is kept for this session only: %s", error->message);
  sync_engine_credentials_changed (engine);
}

static void
set_key_cb (SyncEngine *engine, gpointer user_data)
{
  const Key *key = user_data;

  sync_credentials_set_async (sync_engine_get_credentials (engine), key->token, key->secret, NULL, key_set_cb,
                              g_object_ref (engine));
}

/* Reads the settings with the new address, and starts to work. */
static gboolean
use_address (SyncApplication *self, const char *base_url, GError **error)
{
  SyncConfig *config;

  if (self->service != NULL)
    return TRUE;
  if (self->settings == NULL || !g_settings_set_string (self->settings, "base-url", base_url))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, _ ("The settings cannot be written."));
      return FALSE;
    }
  g_settings_sync ();
  config = sync_config_new (self->settings, NULL, error);
  if (config == NULL)
    return FALSE;
  sync_config_free (self->config);
  self->config = config;
  g_clear_pointer (&self->problem, g_free);
  sync_application_prepare_service (self);
  if (self->problem != NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, self->problem);
      return FALSE;
    }
  return TRUE;
}

static void
set_up_cb (SyncSetupDialog *dialog, const char *base_url, const char *token, const char *secret, SyncApplication *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_new = self->service == NULL;
  Key *key;

  if (self->quitting)
    return;
  if (!use_address (self, base_url, &error))
    {
      sync_setup_dialog_show_refusal (dialog, error->message);
      return;
    }
  key = g_new0 (Key, 1);
  key->token = g_strdup (token);
  key->secret = g_strdup (secret);
  sync_service_thread_invoke (self->service, set_key_cb, key, key_free);
  if (is_new)
    sync_application_show_content (self);
  gtk_window_destroy (GTK_WINDOW (dialog));
}

/* Asks for the server and its key, in front of the window. */
void
sync_application_set_up (SyncApplication *self)
{
  SyncSetupDialog *dialog;

  if (self->window == NULL || self->demo != NULL || self->quitting)
    return;
  dialog = sync_setup_dialog_new (GTK_WINDOW (self->window), self->config->base_url, self->config->base_url != NULL, self->clock);
  g_signal_connect_object (dialog, "save", G_CALLBACK (set_up_cb), self, G_CONNECT_DEFAULT);
  gtk_window_present (GTK_WINDOW (dialog));
}
