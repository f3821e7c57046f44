/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where this run's settings come from: the desktop's settings where there is a session bus, a plain file where there
 * is none, nothing where the schema is not installed (then the built-in values and the environment count). Main
 * thread. */
#include "config.h"

#define G_SETTINGS_ENABLE_BACKEND
#include "sync-settings.h"

#include <gio/gsettingsbackend.h>

#include "sync-error.h"

#define SETTINGS_FILE "settings.ini"
/* The schema's path, and the group of the file that holds it. */
#define SETTINGS_PATH "/org/posawesome/Sync/"
#define SETTINGS_GROUP "Sync"
/* On settings that are read from the file. */
#define FROM_FILE "sync-settings-from-file"

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

static char *
dup_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "posawesome-sync", SETTINGS_FILE, NULL);
}

/* From where to where a number may go; empty for what has no range. */
static char *
dup_range (GSettingsSchemaKey *key)
{
  g_autoptr (GVariant) range = g_settings_schema_key_get_range (key);
  g_autoptr (GVariant) bounds = NULL;
  guint32 lowest, highest;
  const char *kind;

  g_variant_get (range, "(&sv)", &kind, &bounds);
  if (!g_str_equal (kind, "range") || !g_variant_is_of_type (bounds, G_VARIANT_TYPE ("(uu)")))
    return g_strdup ("");
  g_variant_get (bounds, "(uu)", &lowest, &highest);
  return g_strdup_printf (", from %u to %u", lowest, highest);
}

static gboolean
check_key (GSettingsSchema *schema, const char *name, const char *text, GError **error)
{
  g_autoptr (GSettingsSchemaKey) key = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autofree char *range = NULL;
  const char *summary; /* NULL where the schema's source is not installed beside it */

  if (!g_settings_schema_has_key (schema, name))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: there is no setting “%s”", SETTINGS_FILE, name);
      return FALSE;
    }
  key = g_settings_schema_get_key (schema, name);
  value = g_variant_parse (g_settings_schema_key_get_value_type (key), text, NULL, NULL, NULL);
  if (value != NULL && g_settings_schema_key_range_check (key, value))
    return TRUE;
  range = dup_range (key);
  summary = g_settings_schema_key_get_summary (key);
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: “%s” cannot be %s; it is: %s%s%s", SETTINGS_FILE, name, text,
               summary != NULL ? summary : name, range,
               g_variant_type_equal (g_settings_schema_key_get_value_type (key), G_VARIANT_TYPE_STRING) ? ", in 'quotes'" : "");
  return FALSE;
}

/**
 * sync_settings_check_file:
 * @error: %SYNC_ERROR_CONFIG: a setting of the file is unknown or has a value that it cannot have, or the file cannot
 *   be read; permanent until somebody changes it
 *
 * GSettings passes over what it does not understand; a shop that wrote it should hear of it.
 *
 * Returns: whether everything in `settings.ini`, if there is one, will be used
 */
gboolean
sync_settings_check_file (GError **error)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = dup_path ();
  g_auto (GStrv) groups = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS) || g_getenv ("GSETTINGS_BACKEND") != NULL)
    return TRUE;
  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SYNC_APP_ID, TRUE);
  if (schema == NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                   "%s is there, but the settings' schema " SYNC_APP_ID " is not installed; put PREFIX/share into "
                   "XDG_DATA_DIRS, or take the file away and use the environment",
                   path);
      return FALSE;
    }
  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);

      if (g_strcmp0 (groups[i], SETTINGS_GROUP) != 0)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: the group is called [" SETTINGS_GROUP "], not [%s]", path,
                       groups[i]);
          return FALSE;
        }
      for (guint k = 0; keys != NULL && keys[k] != NULL; k++)
        {
          g_autofree char *text = g_key_file_get_value (file, groups[i], keys[k], NULL);

          if (!check_key (schema, keys[k], text, error))
            return FALSE;
        }
    }
  return TRUE;
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
  GSettings *settings;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SYNC_APP_ID, TRUE);
  if (schema == NULL)
    return NULL;
  /* Somebody who names a backend gets that one. */
  if (!has_bus && g_getenv ("GSETTINGS_BACKEND") == NULL)
    {
      g_autofree char *path = dup_path ();

      backend = g_keyfile_settings_backend_new (path, SETTINGS_PATH, SETTINGS_GROUP);
    }
  settings = g_settings_new_full (schema, backend, NULL);
  g_object_set_data (G_OBJECT (settings), FROM_FILE, GINT_TO_POINTER (backend != NULL));
  return settings;
}

/**
 * sync_settings_is_file:
 * @settings: of sync_settings_open()
 *
 * Returns: whether they are read from `settings.ini`, which somebody writes by hand
 */
gboolean
sync_settings_is_file (GSettings *settings)
{
  return g_object_get_data (G_OBJECT (settings), FROM_FILE) != NULL;
}
