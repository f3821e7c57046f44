/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where this run's settings come from: the desktop's settings where there is a session bus, a plain file where there
 * is none, nothing where the schema is not installed (then the built-in values and the environment count). Main
 * thread. */
#include "config.h"

#define G_SETTINGS_ENABLE_BACKEND
#include "sync-settings.h"

#include <gio/gsettingsbackend.h>

#define SETTINGS_FILE "settings.ini"
/* The schema's path, and the group of the file that holds it. */
#define SETTINGS_PATH "/org/posawesome/Sync/"
#define SETTINGS_GROUP "Sync"

/**
 * sync_settings_find_bus:
 *
 * Looks for a session bus without starting one.
 *
 * Returns: whether there is one that answers
 */
gboolean
sync_settings_find_bus (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  g_autofree char *socket_path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);
  g_autoptr (GDBusConnection) connection = NULL;

  if ((address == NULL || *address == '\0') && !g_file_test (socket_path, G_FILE_TEST_EXISTS))
    return FALSE;
  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  return connection != NULL;
}

/**
 * sync_settings_open:
 * @has_bus: whether there is a session bus
 *
 * Returns: (transfer full) (nullable): the settings, or %NULL if the schema is not installed
 */
GSettings *
sync_settings_open (gboolean has_bus)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;
  g_autoptr (GSettingsBackend) backend = NULL;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SYNC_APP_ID, TRUE);
  if (schema == NULL)
    return NULL;
  /* Somebody who names a backend gets that one. */
  if (!has_bus && g_getenv ("GSETTINGS_BACKEND") == NULL)
    {
      g_autofree char *path = g_build_filename (g_get_user_config_dir (), "posawesome-sync", SETTINGS_FILE, NULL);

      backend = g_keyfile_settings_backend_new (path, SETTINGS_PATH, SETTINGS_GROUP);
    }
  return g_settings_new_full (schema, backend, NULL);
}
