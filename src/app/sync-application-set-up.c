/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server that this till belongs to, and its key. Main thread; the key goes on in the engine's. */
#include "config.h"

#include "sync-application-private.h"

#include "sync-dialog.h"
#include "sync-engine-words.h"
#include "sync-keys-dialog.h"
#include "sync-setup-dialog.h"

#include <glib/gi18n.h>

/* A key on its way to the engine's thread. */
typedef struct
{
  char *token; /* (owned) */
  char *secret; /* (owned) */
  gboolean in_file; /* where there is no key ring */
} Key;

static void
key_clear (Key *key)
{
  g_clear_pointer (&key->token, g_free);
  g_clear_pointer (&key->secret, g_free);
}

static void
key_free (gpointer data)
{
  Key *key = data;

  key_clear (key);
  g_free (key);
}

/* Where the key went, and what the server makes of it. */
static gboolean
key_set_in_main (gpointer user_data)
{
  sync_application_show_keys (SYNC_APPLICATION (g_application_get_default ()));
  return G_SOURCE_REMOVE;
}

/* Engine's thread. */
static void
key_set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncEngine) engine = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_credentials_set_finish (SYNC_CREDENTIALS (source), result, &error))
    {
      sync_application_tell_later (g_strdup_printf (_ ("The key is not kept: %s"), error->message));
      return;
    }
  sync_engine_credentials_changed (engine);
  g_main_context_invoke (NULL, key_set_in_main, NULL);
}

/* Engine's thread. */
static void
set_key_cb (SyncEngine *engine, gpointer user_data)
{
  const Key *key = user_data;

  sync_credentials_set_async (sync_engine_get_credentials (engine), key->token, key->secret,
                              key->in_file ? SYNC_CREDENTIALS_KEEP_FILE : SYNC_CREDENTIALS_KEEP_SESSION, NULL, key_set_cb,
                              g_object_ref (engine));
}

static void
set_key (SyncApplication *self, const Key *key)
{
  Key *copy = g_new0 (Key, 1);

  copy->token = g_strdup (key->token);
  copy->secret = g_strdup (key->secret);
  copy->in_file = key->in_file;
  sync_application_ask (self, set_key_cb, copy, key_free);
}

static void
begin_with (SyncApplication *self, SyncConfig *config)
{
  sync_config_free (self->config);
  self->config = config;
  g_clear_pointer (&self->problem, g_free);
  sync_application_prepare_service (self);
}

/* Somebody else has set it, where none was set yet. */
static void
address_set_cb (SyncApplication *self)
{
  g_autoptr (GError) error = NULL;
  SyncConfig *config;

  if (self->config->base_url != NULL || self->quitting)
    return;
  config = sync_config_new (self->settings, NULL, &error);
  if (config == NULL || config->base_url == NULL)
    {
      g_autofree char *words
        = error != NULL ? g_strdup_printf (_ ("The changed settings are not used: %s"), error->message) : NULL;

      g_clear_pointer (&config, sync_config_free);
      if (words != NULL)
        sync_application_tell (self, words);
      return;
    }
  begin_with (self, config);
  if (self->window != NULL)
    sync_application_show_content (self);
}

/* From now on an address that is set outside begins the work, if there is none yet. */
void
sync_application_follow_address (SyncApplication *self)
{
  if (self->settings != NULL)
    g_signal_connect_object (self->settings, "changed::base-url", G_CALLBACK (address_set_cb), self, G_CONNECT_SWAPPED);
}

static gboolean
set_address (SyncApplication *self, const char *base_url)
{
  gboolean set;

  g_signal_handlers_block_by_func (self->settings, address_set_cb, self);
  set = g_settings_set_string (self->settings, "base-url", base_url);
  g_signal_handlers_unblock_by_func (self->settings, address_set_cb, self);
  return set;
}

/* Reads the settings with that address, and starts to work. */
static gboolean
use_address (SyncApplication *self, const char *base_url, GError **error)
{
  SyncConfig *config;

  if (self->settings == NULL || !set_address (self, base_url))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, _ ("The settings cannot be written."));
      return FALSE;
    }
  g_settings_sync ();
  config = sync_config_new (self->settings, NULL, error);
  if (config == NULL)
    return FALSE;
  if (g_strcmp0 (config->base_url, base_url) != 0)
    {
      sync_config_free (config);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("The settings do not keep the address."));
      return FALSE;
    }
  begin_with (self, config);
  if (self->problem != NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, self->problem);
      return FALSE;
    }
  return TRUE;
}

/* Whether the till may belong to another server: what it has not delivered belongs to the present one. */
static gboolean
check_move (SyncApplication *self, const char *base_url, GError **error)
{
  g_auto (SyncSites) sites = { 0 };

  if (!sync_store_count_undelivered (self->reader, base_url, &sites, error))
    return FALSE;
  if (sites.n_other == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
               ngettext ("%u undelivered entry belongs to %s. Deliver or discard it before the server changes.",
                         "%u undelivered entries belong to %s. Deliver or discard them before the server changes.",
                         sites.n_other),
               sites.n_other, self->config->base_url);
  return FALSE;
}

/* From one server to another. */
typedef struct
{
  SyncApplication *application; /* (owned) */
  SyncStatus *status; /* (owned): of the engine that ends */
  char *from; /* (owned) */
  char *to; /* (owned) */
  Key key; /* (nullable) in both parts: of the new server */
  gboolean had_window; /* somebody looks on */
} Move;

static void
move_free (Move *self)
{
  g_object_unref (self->status);
  g_object_unref (self->application);
  g_free (self->from);
  g_free (self->to);
  key_clear (&self->key);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Move, move_free)

static void
tell_refusal (SyncApplication *self, const Move *move, const GError *refusal)
{
  g_autofree char *reason = sync_engine_words_dup (refusal->message);
  g_autofree char *words = g_strdup_printf (_ ("The till stays with %s: %s"), move->from, reason);

  sync_application_tell (self, words);
}

static void
moved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Move) move = user_data;
  SyncApplication *self = move->application;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;

  if (!sync_service_thread_shutdown_finish (SYNC_SERVICE_THREAD (source), result, &error))
    g_message ("%s", error->message);
  self->moving = FALSE;
  if (self->quitting)
    {
      sync_application_leave (self);
      return;
    }
  /* Something may have been taken just before the end. */
  if (!use_address (self, move->to, &refusal) && self->service == NULL)
    use_address (self, move->from, NULL);
  else if (move->key.token != NULL)
    set_key (self, &move->key);
  if (move->had_window || self->wants_window)
    {
      sync_application_open_window (self);
      gtk_window_present (GTK_WINDOW (self->window));
    }
  self->wants_window = FALSE;
  if (refusal != NULL)
    tell_refusal (self, move, refusal);
}

/* Lets go of the engine and of all that shows it. */
static SyncServiceThread *
take_service (SyncApplication *self)
{
  if (self->preferences != NULL)
    gtk_window_destroy (GTK_WINDOW (self->preferences));
  if (self->window != NULL)
    gtk_window_destroy (GTK_WINDOW (self->window));
  g_clear_object (&self->surroundings);
  g_clear_object (&self->tray);
  g_clear_object (&self->notices);
  g_signal_handlers_disconnect_by_data (self->status, self);
  g_clear_object (&self->reader);
  return g_steal_pointer (&self->service);
}

static void
begin_move (SyncApplication *self, const char *base_url, const Key *key)
{
  g_autoptr (SyncServiceThread) service = NULL;
  Move *move = g_new0 (Move, 1);

  move->application = g_object_ref (self);
  move->from = g_strdup (self->config->base_url);
  move->to = g_strdup (base_url);
  if (key != NULL)
    move->key = (Key){ g_strdup (key->token), g_strdup (key->secret), key->in_file };
  move->had_window = self->window != NULL || self->preferences != NULL;
  self->moving = TRUE;
  service = take_service (self);
  move->status = g_steal_pointer (&self->status);
  sync_service_thread_shutdown_async (service, moved_cb, move);
}

/* The till belongs to another server from now on: the service ends, and begins anew there. FALSE with the reason if it has
 * to stay. */
gboolean
sync_application_move (SyncApplication *self, const char *base_url, GError **error)
{
  if (self->service == NULL || self->quitting)
    return TRUE;
  if (!check_move (self, base_url, error))
    return FALSE;
  begin_move (self, base_url, NULL);
  return TRUE;
}

static void
autostart_set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncApplication) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (sync_background_set_autostart_finish (SYNC_BACKGROUND (source), result, &error))
    return;
  words = g_strdup_printf (_ ("The start at log-in is not switched: %s"), error->message);
  sync_application_tell (self, words);
}

static void
set_up_cb (SyncSetupDialog *dialog, const char *base_url, const char *token, const char *secret, SyncApplication *self)
{
  g_autoptr (GError) error = NULL;
  const Key key = { (char *) token, (char *) secret, sync_setup_dialog_get_in_file (dialog) };
  gboolean autostart = sync_setup_dialog_get_autostart (dialog);
  gboolean is_new = self->service == NULL;
  gboolean moves = !is_new && g_strcmp0 (base_url, self->config->base_url) != 0;

  if (self->quitting || self->moving)
    return;
  if (moves ? !check_move (self, base_url, &error) : is_new && !use_address (self, base_url, &error))
    {
      sync_setup_dialog_show_refusal (dialog, error->message);
      return;
    }
  if (self->background != NULL && autostart != g_settings_get_boolean (self->settings, "autostart"))
    sync_background_set_autostart_async (self->background, autostart, NULL, autostart_set_cb, g_object_ref (self));
  /* Whoever calls this holds the dialog, and GTK would look for its parent when that is gone. */
  gtk_window_set_transient_for (GTK_WINDOW (dialog), NULL);
  gtk_window_destroy (GTK_WINDOW (dialog));
  if (moves)
    {
      begin_move (self, base_url, &key);
      return;
    }
  set_key (self, &key);
  if (is_new && self->window != NULL)
    sync_application_show_content (self);
}

/* Asks for the server and its key, in front of the window. */
void
sync_application_set_up (SyncApplication *self)
{
  GtkWindow *present = sync_dialog_find (SYNC_TYPE_SETUP_DIALOG, NULL);
  SyncSetupDialog *dialog;
  GtkWindow *parent = self->preferences != NULL ? GTK_WINDOW (self->preferences) : GTK_WINDOW (self->window);

  if (parent == NULL || self->settings == NULL || self->quitting)
    return;
  if (present != NULL)
    {
      gtk_window_present (present);
      return;
    }
  dialog = sync_setup_dialog_new (parent, self->config->base_url, sync_config_find_override ("base-url", NULL) != NULL,
                                  g_settings_get_boolean (self->settings, "autostart"), self->clock);
  g_signal_connect_object (dialog, "save", G_CALLBACK (set_up_cb), self, G_CONNECT_DEFAULT);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Tells what is known of the keys, in front of the window; if there is one, and an engine. */
void
sync_application_show_keys (SyncApplication *self)
{
  GtkWindow *parent = self->preferences != NULL ? GTK_WINDOW (self->preferences) : GTK_WINDOW (self->window);
  GtkWindow *present = sync_dialog_find (SYNC_TYPE_KEYS_DIALOG, NULL);

  if (parent == NULL || self->service == NULL || self->status == NULL || self->quitting || self->moving)
    return;
  /* What it knows is of before. */
  if (present != NULL)
    gtk_window_destroy (present);
  gtk_window_present (GTK_WINDOW (sync_keys_dialog_new (parent, self->service, self->status)));
}
