/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The portal writes the autostart file by itself, under the name that it believes this program to have. Outside of a
 * sandbox it may know none; so there the file under our own name is looked after in either case. */
#include "config.h"

#include "sync-background.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>

#define PORTAL "org.freedesktop.portal.Desktop"
#define PORTAL_PATH "/org/freedesktop/portal/desktop"
#define BACKGROUND "org.freedesktop.portal.Background"
#define REQUEST "org.freedesktop.portal.Request"
#define FILE_NAME SYNC_APP_ID ".desktop"
/* The portal takes no longer word. */
#define MAX_WORDS 96
/* SetStatus is there from this version on. */
#define STATUS_VERSION 2

struct _SyncBackground
{
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) (nullable): NULL: there is no bus */
  GSettings *settings; /* (owned) */
  GCancellable *cancellable; /* (owned): of the words that are on their way */
  char *told; /* (owned) (nullable): the words that were told last */
  guint n_requests;
};

G_DEFINE_FINAL_TYPE (SyncBackground, sync_background, G_TYPE_OBJECT)

/* A switch of the start at log-in that is under way. */
typedef struct
{
  gboolean on;
  guint response; /* subscription, 0: none */
} Switch;

static gboolean
is_sandboxed (void)
{
  return g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS) || g_getenv ("SNAP") != NULL;
}

static char *
dup_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "autostart", FILE_NAME, NULL);
}

/* (transfer full): the installed desktop file; where there is none, as little as an autostart needs */
static GKeyFile *
load_installed (void)
{
  GKeyFile *file = g_key_file_new ();
  const GKeyFileFlags flags = G_KEY_FILE_KEEP_COMMENTS | G_KEY_FILE_KEEP_TRANSLATIONS;

  if (g_key_file_load_from_data_dirs (file, "applications/" FILE_NAME, NULL, flags, NULL))
    return file;
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_TYPE,
                         G_KEY_FILE_DESKTOP_TYPE_APPLICATION);
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_NAME, "POSAwesome Sync");
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_ICON, SYNC_APP_ID);
  return file;
}

static gboolean
write_file (GError **error)
{
  g_autoptr (GKeyFile) file = load_installed ();
  g_autofree char *path = dup_path ();
  g_autofree char *directory = g_path_get_dirname (path);

  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_EXEC, "posawesome-sync --background");
  g_key_file_set_boolean (file, G_KEY_FILE_DESKTOP_GROUP, "X-GNOME-Autostart-enabled", TRUE);
  /* Started over the bus it would get no --background. */
  g_key_file_remove_key (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_DBUS_ACTIVATABLE, NULL);
  if (g_mkdir_with_parents (directory, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (errno), "%s: %s", directory, g_strerror (errno));
      return FALSE;
    }
  return g_key_file_save_to_file (file, path, error);
}

static gboolean
remove_file (GError **error)
{
  g_autofree char *path = dup_path ();

  if (g_remove (path) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  return FALSE;
}

/* Looks after the file, unless the portal is the only one that can, and ends. */
static void
complete (GTask *task, gboolean by_portal)
{
  SyncBackground *self = g_task_get_source_object (task);
  const Switch *data = g_task_get_task_data (task);
  g_autofree char *path = dup_path ();
  GError *error = NULL;
  gboolean done = TRUE;

  if (data->on && !(by_portal && (is_sandboxed () || g_file_test (path, G_FILE_TEST_EXISTS))))
    done = write_file (&error);
  else if (!data->on && !(by_portal && is_sandboxed ()))
    done = remove_file (&error);
  if (!done)
    {
      g_task_return_error (task, error);
      return;
    }
  g_settings_set_boolean (self->settings, "autostart", data->on);
  g_task_return_boolean (task, TRUE);
}

static void
stop_listening (GTask *task)
{
  SyncBackground *self = g_task_get_source_object (task);
  Switch *data = g_task_get_task_data (task);
  guint response = data->response;

  data->response = 0;
  if (response != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, response);
}

/* What the portal, or the person whom it asked, says. */
static void
response_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
             const char *signal, GVariant *parameters, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (G_TASK (user_data));
  const Switch *data = g_task_get_task_data (task);
  g_autoptr (GVariant) results = NULL;
  gboolean autostart = FALSE;
  guint response;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(ua{sv})")))
    return;
  stop_listening (task);
  g_variant_get (parameters, "(u@a{sv})", &response, &results);
  g_variant_lookup (results, "autostart", "b", &autostart);
  if (response == 0 && autostart == data->on)
    complete (task, TRUE);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "%s",
                             _ ("The desktop does not allow it: see its settings for this application."));
}

/* No portal, or one that does not do this, is a normal life. */
static void
requested_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const Switch *data = g_task_get_task_data (task);

  if (reply != NULL || data->response == 0)
    return;
  g_debug ("There is no portal for the start at log-in: %s", error->message);
  stop_listening (task);
  complete (task, FALSE);
}

static void
ask_portal (SyncBackground *self, GTask *task)
{
  Switch *data = g_task_get_task_data (task);
  static const char *const command[] = { "posawesome-sync", "--background", NULL };
  g_autofree char *sender
      = g_strdelimit (g_strdup (g_dbus_connection_get_unique_name (self->connection) + 1), ".", '_');
  g_autofree char *token = g_strdup_printf ("posawesome_sync_%u", ++self->n_requests);
  g_autofree char *path = g_strconcat (PORTAL_PATH "/request/", sender, "/", token, NULL);
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "handle_token", g_variant_new_string (token));
  g_variant_builder_add (&options, "{sv}", "reason",
                         g_variant_new_string (_ ("Sales are taken and delivered from the moment you log in.")));
  g_variant_builder_add (&options, "{sv}", "autostart", g_variant_new_boolean (data->on));
  g_variant_builder_add (&options, "{sv}", "commandline", g_variant_new_strv (command, -1));
  g_variant_builder_add (&options, "{sv}", "dbus-activatable", g_variant_new_boolean (FALSE));
  /* Before the call: the answer may be there before the call's own. */
  data->response
      = g_dbus_connection_signal_subscribe (self->connection, PORTAL, REQUEST, "Response", path, NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE, response_cb, g_object_ref (task), g_object_unref);
  g_dbus_connection_call (self->connection, PORTAL, PORTAL_PATH, BACKGROUND, "RequestBackground",
                          g_variant_new ("(sa{sv})", "", &options), G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NONE, -1,
                          g_task_get_cancellable (task), requested_cb, g_object_ref (task));
}

static void
told_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    g_debug ("The desktop was not told what goes on in the background: %s", error->message);
}

/* The words that are told are those of the moment when the portal's version is known. */
static void
version_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncBackground) self = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autoptr (GVariant) value = NULL;
  GVariantBuilder options;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(v)", &value);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32) || g_variant_get_uint32 (value) < STATUS_VERSION)
    return;
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "message", g_variant_new_string (self->told));
  g_dbus_connection_call (self->connection, PORTAL, PORTAL_PATH, BACKGROUND, "SetStatus",
                          g_variant_new ("(a{sv})", &options), NULL, G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable,
                          told_cb, NULL);
}

static void
sync_background_dispose (GObject *object)
{
  SyncBackground *self = SYNC_BACKGROUND (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->connection);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (sync_background_parent_class)->dispose (object);
}

static void
sync_background_finalize (GObject *object)
{
  SyncBackground *self = SYNC_BACKGROUND (object);

  g_object_unref (self->cancellable);
  g_free (self->told);
  G_OBJECT_CLASS (sync_background_parent_class)->finalize (object);
}

static void
sync_background_class_init (SyncBackgroundClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sync_background_dispose;
  G_OBJECT_CLASS (klass)->finalize = sync_background_finalize;
}

static void
sync_background_init (SyncBackground *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * sync_background_new:
 * @connection: (nullable): to the session bus
 * @settings: where it is kept whether the program starts at log-in
 *
 * Returns: (transfer full): nothing asked yet
 */
SyncBackground *
sync_background_new (GDBusConnection *connection, GSettings *settings)
{
  SyncBackground *self = g_object_new (SYNC_TYPE_BACKGROUND, NULL);

  g_set_object (&self->connection, connection);
  self->settings = g_object_ref (settings);
  return self;
}

/**
 * sync_background_set_autostart_async:
 * @self: the background
 * @on: whether the program is to start, without a window, when its user logs in
 * @cancellable: (nullable): to wait no longer for the portal
 * @callback: called when it is decided, which may take as long as a person takes to answer the desktop's question
 * @user_data: for @callback
 *
 * Switches the start at log-in, and keeps in the settings how it stands.
 */
void
sync_background_set_autostart_async (SyncBackground *self, gboolean on, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Switch *data = g_new0 (Switch, 1);

  g_task_set_source_tag (task, sync_background_set_autostart_async);
  data->on = on;
  g_task_set_task_data (task, data, g_free);
  if (self->connection != NULL)
    ask_portal (self, task);
  else
    complete (task, FALSE);
}

/**
 * sync_background_set_autostart_finish:
 * @self: the background
 * @result: what the callback got
 * @error: %G_IO_ERROR_PERMISSION_DENIED: the desktop, or the person whom it asked, does not want it; other %G_IO_ERROR or
 *   %G_FILE_ERROR: the file cannot be written or removed. All stay until somebody acts.
 *
 * Returns: whether it is switched as asked
 */
gboolean
sync_background_set_autostart_finish (SyncBackground *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sync_background_tell:
 * @self: the background
 * @words: what the program does without a window; what is longer than the portal takes is cut
 *
 * Tells the desktop, which lists it where nothing else shows it. Nothing happens where there is no such list, or when the
 * words are the last ones.
 */
void
sync_background_tell (SyncBackground *self, const char *words)
{
  g_autofree char *cut = g_utf8_substring (words, 0, MIN (g_utf8_strlen (words, -1), MAX_WORDS));

  if (self->connection == NULL || g_strcmp0 (cut, self->told) == 0)
    return;
  g_free (self->told);
  self->told = g_steal_pointer (&cut);
  g_dbus_connection_call (self->connection, PORTAL, PORTAL_PATH, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", BACKGROUND, "version"), G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NONE,
                          -1, self->cancellable, version_cb, g_object_ref (self));
}
