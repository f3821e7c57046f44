/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings: where they come from, what is refused and in which words, and what the schema says. */
#include "config.h"

#include <glib/gstdio.h>
#define G_SETTINGS_ENABLE_BACKEND
#include <gio/gsettingsbackend.h>

#include "sync-config.h"
#include "sync-error.h"

#define POLICIES "(last-write-wins, merge, local, server or ask; * for all other types)"

static const char *const nothing[] = { NULL };

/* (transfer full): the settings of one variable and otherwise nothing */
static SyncConfig *
read_one (const char *variable, GError **error)
{
  const char *environment[] = { variable, NULL };

  return sync_config_new (NULL, environment, error);
}

static void
assert_refused (const char *variable, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = read_one (variable, &error);

  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_null (config);
}

static void
assert_defaults (const SyncConfig *config)
{
  g_autofree char *data_dir = g_build_filename (g_get_user_data_dir (), "posawesome-sync", NULL);

  g_assert_null (config->base_url);
  g_assert_null (config->api_token);
  g_assert_null (config->api_secret);
  g_assert_cmpuint (config->processing_interval, ==, 5000);
  g_assert_cmpuint (config->max_retries, ==, 3);
  g_assert_cmpuint (config->base_retry_delay, ==, 1000);
  g_assert_cmpuint (config->max_retry_delay, ==, 300000);
  g_assert_cmpuint (config->batch_size, ==, 10);
  g_assert_cmpuint (config->concurrency, ==, 4);
  g_assert_cmpuint (config->request_timeout, ==, 30000);
  g_assert_cmpuint (config->write_timeout, ==, 130000);
  g_assert_cmpuint (config->settle_time, ==, 130000);
  g_assert_cmpstr (config->conflict_policies, ==, "");
  g_assert_cmpuint (config->gateway_port, ==, 8790);
  g_assert_cmpstr (config->data_dir, ==, data_dir);
  g_assert_null (config->route_file);
  g_assert_false (config->debug);
}

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = sync_config_new (NULL, nothing, &error);

  g_assert_no_error (error);
  assert_defaults (config);
  g_assert_null (sync_config_dup_origin (config));
}

static void
test_variables (void)
{
  static const char *const environment[] = {
    "ERPNEXT_BASE_URL=https://shop.example.com/erp/", "ERPNEXT_API_TOKEN=abc", "ERPNEXT_API_SECRET=def",
    "PROCESSING_INTERVAL=100", "MAX_RETRIES=0", "BASE_RETRY_DELAY=7", "MAX_RETRY_DELAY=8",
    "SYNC_BATCH_SIZE=1000",
    "SYNC_CONCURRENCY=16", "REQUEST_TIMEOUT=200", "WRITE_TIMEOUT=300", "SETTLE_TIME=0",
    "CONFLICT_POLICIES= Sales Invoice = ask ,Item=merge,*=server", "GATEWAY_PORT=0",
    "POSAWESOME_SYNC_DATA_DIR=/srv/till", "DEBUG=true", NULL,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) original = sync_config_new (NULL, environment, &error);
  g_autoptr (SyncConfig) config = NULL;

  g_assert_no_error (error);
  config = sync_config_copy (original);
  g_clear_pointer (&original, sync_config_free);
  g_assert_cmpstr (config->base_url, ==, "https://shop.example.com/erp");
  g_assert_cmpstr (config->api_token, ==, "abc");
  g_assert_cmpstr (config->api_secret, ==, "def");
  g_assert_cmpuint (config->processing_interval, ==, 100);
  g_assert_cmpuint (config->max_retries, ==, 0);
  g_assert_cmpuint (config->base_retry_delay, ==, 7);
  g_assert_cmpuint (config->max_retry_delay, ==, 8);
  g_assert_cmpuint (config->batch_size, ==, 1000);
  g_assert_cmpuint (config->concurrency, ==, 16);
  g_assert_cmpuint (config->request_timeout, ==, 200);
  g_assert_cmpuint (config->write_timeout, ==, 300);
  g_assert_cmpuint (config->settle_time, ==, 0);
  g_assert_cmpstr (config->conflict_policies, ==, "Sales Invoice=ask,Item=merge,*=server");
  g_assert_cmpuint (config->gateway_port, ==, 0);
  g_assert_cmpstr (config->data_dir, ==, "/srv/till");
  g_assert_true (config->debug);
}

/* A variable that is set to nothing is not set. */
static void
test_empty_variables (void)
{
  static const char *const environment[] = {
    "ERPNEXT_BASE_URL=", "ERPNEXT_API_TOKEN=", "ERPNEXT_API_SECRET=", "PROCESSING_INTERVAL=",
    "CONFLICT_POLICIES=", "POSAWESOME_SYNC_DATA_DIR=", "DEBUG=", NULL,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = sync_config_new (NULL, environment, &error);

  g_assert_no_error (error);
  assert_defaults (config);
}

static void
test_refused (void)
{
  static const char *const rows[][2] = {
    { "PROCESSING_INTERVAL=abc",
      "PROCESSING_INTERVAL: “abc” is not a number of milliseconds (100 to 86400000)" },
    { "PROCESSING_INTERVAL=99",
      "PROCESSING_INTERVAL: “99” is not a number of milliseconds (100 to 86400000)" },
    { "PROCESSING_INTERVAL=-1",
      "PROCESSING_INTERVAL: “-1” is not a number of milliseconds (100 to 86400000)" },
    { "PROCESSING_INTERVAL=5s",
      "PROCESSING_INTERVAL: “5s” is not a number of milliseconds (100 to 86400000)" },
    { "MAX_RETRIES=1001", "MAX_RETRIES: “1001” is not a number of retries (0 to 1000)" },
    { "BASE_RETRY_DELAY=0", "BASE_RETRY_DELAY: “0” is not a number of milliseconds (1 to 86400000)" },
    { "MAX_RETRY_DELAY= 5", "MAX_RETRY_DELAY: “ 5” is not a number of milliseconds (1 to 86400000)" },
    { "SYNC_BATCH_SIZE=0", "SYNC_BATCH_SIZE: “0” is not a number of requests (1 to 1000)" },
    { "SYNC_CONCURRENCY=17", "SYNC_CONCURRENCY: “17” is not a number of requests (1 to 16)" },
    { "REQUEST_TIMEOUT=99999999999999999999",
      "REQUEST_TIMEOUT: “99999999999999999999” is not a number of milliseconds (100 to 3600000)" },
    { "WRITE_TIMEOUT=1.5", "WRITE_TIMEOUT: “1.5” is not a number of milliseconds (100 to 3600000)" },
    { "SETTLE_TIME=x", "SETTLE_TIME: “x” is not a number of milliseconds (0 to 86400000)" },
    { "GATEWAY_PORT=65536", "GATEWAY_PORT: “65536” is not a port (0 to 65535)" },
    { "BASE_RETRY_DELAY=300001", "BASE_RETRY_DELAY: 300001 must not be more than MAX_RETRY_DELAY, 300000" },
    { "MAX_RETRY_DELAY=999", "BASE_RETRY_DELAY: 1000 must not be more than MAX_RETRY_DELAY, 999" },
    { "DEBUG=maybe", "DEBUG: “maybe” is not true or false" },
    { "ERPNEXT_API_TOKEN=abc",
      "ERPNEXT_API_SECRET: is missing; set it together with ERPNEXT_API_TOKEN, or neither" },
    { "ERPNEXT_API_SECRET=abc",
      "ERPNEXT_API_TOKEN: is missing; set it together with ERPNEXT_API_SECRET, or neither" },
    { "ERPNEXT_API_TOKEN=secret word",
      "ERPNEXT_API_TOKEN: holds a blank or a line break; copy it again without them" },
    { "ERPNEXT_API_SECRET=key:word", "ERPNEXT_API_SECRET: holds a colon; give the key and the secret apart" },
    { "POSAWESOME_SYNC_DATA_DIR=till",
      "POSAWESOME_SYNC_DATA_DIR: “till” is not an absolute path (it must begin with /)" },
    { "CONFLICT_POLICIES=Item",
      "CONFLICT_POLICIES: “Item” is not Type=policy " POLICIES },
    { "CONFLICT_POLICIES=Item=mine",
      "CONFLICT_POLICIES: “Item=mine” is not Type=policy " POLICIES },
    { "CONFLICT_POLICIES=Item=ask,=ask",
      "CONFLICT_POLICIES: “=ask” is not Type=policy " POLICIES },
    { "CONFLICT_POLICIES=Item=ask,",
      "CONFLICT_POLICIES: “” is not Type=policy " POLICIES },
    { "CONFLICT_POLICIES=Item=ask, Item = merge", "CONFLICT_POLICIES: “Item” is named twice" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_refused (rows[i][0], rows[i][1]);
}

static void
test_base_url (void)
{
  static const struct
  {
    const char *text;
    const char *base_url; /* (nullable): NULL: refused */
    const char *origin;
  } rows[] = {
    { "http://shop.example.com", "http://shop.example.com", "http://shop.example.com" },
    { "https://shop.example.com///", "https://shop.example.com", "https://shop.example.com" },
    { "HTTPS://Shop.Example.COM:443/", "https://shop.example.com", "https://shop.example.com" },
    { "http://shop.example.com:80", "http://shop.example.com", "http://shop.example.com" },
    { "http://shop.example.com:443", "http://shop.example.com:443", "http://shop.example.com:443" },
    { "https://shop.example.com:8443/erp/a%20b/", "https://shop.example.com:8443/erp/a%20b",
      "https://shop.example.com:8443" },
    { "http://127.0.0.1:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8000" },
    { "http://[::1]:8000/x", "http://[::1]:8000/x", "http://[::1]:8000" },
    { "https://laden-köln.example.com", "https://xn--laden-kln-67a.example.com",
      "https://xn--laden-kln-67a.example.com" },
    { "https://shop.example.com/@here", "https://shop.example.com/@here", "https://shop.example.com" },
    { "shop.example.com", NULL, NULL },
    { "ftp://shop.example.com", NULL, NULL },
    { "file:///etc/passwd", NULL, NULL },
    { "https://", NULL, NULL },
    { "https:///erp", NULL, NULL },
    { "https:shop.example.com", NULL, NULL },
    { "http://shop example.com", NULL, NULL },
    { "http://shop.example.com:99999", NULL, NULL },
    { "http://shop.example.com/?a=b", NULL, NULL },
    { "http://shop.example.com/#a", NULL, NULL },
    { "http://shop.example.com/app", NULL, NULL },
    { "http://shop.example.com/app/posapp", NULL, NULL },
    { "http://shop.example.com/login/", NULL, NULL },
    { "http://shop.example.com/apple", "http://shop.example.com/apple", "http://shop.example.com" },
    { "http://shop.example.com\n", NULL, NULL },
    { "http://shop.example.com/a b", NULL, NULL },
    { "http://person:hidden@shop.example.com", NULL, NULL },
    { "http://person:hid den@shop.example.com", NULL, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *variable = g_strconcat ("ERPNEXT_BASE_URL=", rows[i].text, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (SyncConfig) config = read_one (variable, &error);
      g_autofree char *origin = NULL;

      if (rows[i].base_url == NULL)
        {
          g_test_message ("%s", error != NULL ? error->message : rows[i].text);
          g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG);
          g_assert_true (g_str_has_prefix (error->message, "ERPNEXT_BASE_URL: "));
          g_assert_null (strstr (error->message, "hid"));
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpstr (config->base_url, ==, rows[i].base_url);
      origin = sync_config_dup_origin (config);
      g_assert_cmpstr (origin, ==, rows[i].origin);
    }
}

typedef struct
{
  char *dir;           /* (owned): holds the compiled schema */
  GSettings *settings; /* (owned) */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *schemas = g_test_build_filename (G_TEST_DIST, "..", "data", NULL);
  g_autofree char *target = NULL;
  const char *command[] = { "glib-compile-schemas", "--strict", NULL, schemas, NULL };
  g_autoptr (GSettingsSchemaSource) source = NULL;
  g_autoptr (GSettingsSchema) schema = NULL;
  g_autoptr (GSettingsBackend) backend = g_memory_settings_backend_new ();
  g_autoptr (GError) error = NULL;
  int status;

  fixture->dir = g_dir_make_tmp ("sync-config-XXXXXX", &error);
  g_assert_no_error (error);
  target = g_strconcat ("--targetdir=", fixture->dir, NULL);
  command[2] = target;
  g_spawn_sync (NULL, (char **) command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  source = g_settings_schema_source_new_from_directory (fixture->dir, NULL, TRUE, &error);
  g_assert_no_error (error);
  schema = g_settings_schema_source_lookup (source, "org.posawesome.Sync", FALSE);
  g_assert_nonnull (schema);
  fixture->settings = g_settings_new_full (schema, backend, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *compiled = g_build_filename (fixture->dir, "gschemas.compiled", NULL);

  g_clear_object (&fixture->settings);
  g_assert_no_errno (g_remove (compiled));
  g_assert_no_errno (g_rmdir (fixture->dir));
  g_free (fixture->dir);
}

static void
test_schema_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = sync_config_new (fixture->settings, nothing, &error);

  g_assert_no_error (error);
  assert_defaults (config);
}

/* The schema allows exactly what the variables allow, and says the same when nothing is set. */
static void
test_schema_ranges (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSettingsSchema) schema = NULL;
  const SyncConfigNumber *numbers;
  guint n_numbers;

  g_object_get (fixture->settings, "settings-schema", &schema, NULL);
  numbers = sync_config_list_numbers (&n_numbers);
  g_assert_cmpuint (n_numbers, ==, 10);
  for (guint i = 0; i < n_numbers; i++)
    {
      g_autofree char *variable = g_strconcat (numbers[i].variable, "=no", NULL);
      g_autoptr (GSettingsSchemaKey) key = g_settings_schema_get_key (schema, numbers[i].key);
      g_autoptr (GVariant) range = g_settings_schema_key_get_range (key);
      g_autoptr (GVariant) limits = NULL;
      g_autofree char *words = NULL;
      g_autoptr (GError) error = NULL;
      const char *kind;
      guint min, max;

      g_variant_get (range, "(&sv)", &kind, &limits);
      g_assert_cmpstr (kind, ==, "range");
      g_variant_get (limits, "(uu)", &min, &max);
      g_assert_cmpuint (min, ==, numbers[i].min);
      g_assert_cmpuint (max, ==, numbers[i].max);
      g_assert_cmpuint (g_settings_get_uint (fixture->settings, numbers[i].key), ==, numbers[i].initial);
      words = g_strdup_printf (" (%u to %u)", min, max);
      g_assert_null (read_one (variable, &error));
      g_assert_true (g_str_has_suffix (error->message, words));
    }
}

/* Which variable is in a key's way, and which is not. */
static void
test_override (void)
{
  static const char *const environment[] = {
    "PROCESSING_INTERVAL=100", "MAX_RETRIES=", "ERPNEXT_BASE_URL=http://a.example.com", "DEBUG=false", NULL,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = sync_config_new (NULL, environment, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (sync_config_find_override ("processing-interval", environment), ==, "PROCESSING_INTERVAL");
  g_assert_cmpstr (sync_config_find_override ("base-url", environment), ==, "ERPNEXT_BASE_URL");
  g_assert_cmpstr (sync_config_find_override ("debug", environment), ==, "DEBUG");
  g_assert_null (sync_config_find_override ("max-retries", environment));
  g_assert_null (sync_config_find_override ("conflict-policies", environment));
  g_assert_null (sync_config_find_override ("route-file", environment));
  g_assert_cmpuint (sync_config_get_number (config, sync_config_find_number ("processing-interval")), ==, 100);
  g_assert_cmpuint (sync_config_get_number (config, sync_config_find_number ("gateway-port")), ==, 8790);
  g_assert_null (sync_config_find_number ("base-url"));
}

static void
test_settings (Fixture *fixture, gconstpointer data)
{
  static const char *const environment[] = { "MAX_RETRIES=9", "ERPNEXT_BASE_URL=http://b.example.com", NULL };
  g_autofree char *route_file = g_build_filename (fixture->dir, "gschemas.compiled", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = NULL;

  g_settings_set_string (fixture->settings, "base-url", "http://a.example.com/");
  g_settings_set_uint (fixture->settings, "max-retries", 5);
  g_settings_set_uint (fixture->settings, "batch-size", 50);
  g_settings_set_string (fixture->settings, "conflict-policies", "*=ask");
  g_settings_set_string (fixture->settings, "data-dir", "/srv/till");
  g_settings_set_string (fixture->settings, "route-file", route_file);
  g_settings_set_boolean (fixture->settings, "debug", TRUE);
  config = sync_config_new (fixture->settings, nothing, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (config->base_url, ==, "http://a.example.com");
  g_assert_cmpuint (config->max_retries, ==, 5);
  g_assert_cmpuint (config->batch_size, ==, 50);
  g_assert_cmpstr (config->conflict_policies, ==, "*=ask");
  g_assert_cmpstr (config->data_dir, ==, "/srv/till");
  g_assert_cmpstr (config->route_file, ==, route_file);
  g_assert_true (config->debug);

  g_clear_pointer (&config, sync_config_free);
  config = sync_config_new (fixture->settings, environment, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (config->base_url, ==, "http://b.example.com");
  g_assert_cmpuint (config->max_retries, ==, 9);
  g_assert_cmpuint (config->batch_size, ==, 50);
}

static void
test_settings_refused (Fixture *fixture, gconstpointer data)
{
  static const char *const rows[][3] = {
    { "base-url", "shop",
      "base-url: “shop” is not an http or https URL (write it like https://shop.example.com)" },
    { "data-dir", "x", "data-dir: “x” is not an absolute path (it must begin with /)" },
    { "route-file", "x", "route-file: “x” is not an absolute path (it must begin with /)" },
    { "route-file", "/nowhere/routes.json", "route-file: there is no file “/nowhere/routes.json”" },
    { "conflict-policies", "x",
      "conflict-policies: “x” is not Type=policy " POLICIES },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_settings_set_string (fixture->settings, rows[i][0], rows[i][1]);
      g_assert_null (sync_config_new (fixture->settings, nothing, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG);
      g_assert_cmpstr (error->message, ==, rows[i][2]);
      g_settings_reset (fixture->settings, rows[i][0]);
    }
}

/* The process's own environment, and the shop's own rules where they are expected. */
static void
test_route_file (void)
{
  g_autofree char *dir = g_build_filename (g_get_user_config_dir (), "posawesome-sync", NULL);
  g_autofree char *file = g_build_filename (dir, "routes.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConfig) config = NULL;

  g_assert_no_errno (g_mkdir_with_parents (dir, 0700));
  g_assert_true (g_file_set_contents (file, "{}", -1, NULL));
  g_setenv ("MAX_RETRIES", "8", TRUE);
  config = sync_config_new (NULL, NULL, &error);
  g_unsetenv ("MAX_RETRIES");
  g_assert_no_error (error);
  g_assert_cmpstr (config->route_file, ==, file);
  g_assert_cmpuint (config->max_retries, ==, 8);
  g_assert_no_errno (g_remove (file));
  g_assert_no_errno (g_rmdir (dir));
}

int
main (int argc, char *argv[])
{
  g_autofree char *home = g_dir_make_tmp ("sync-config-XXXXXX", NULL);
  int failed;

  g_setenv ("XDG_CONFIG_HOME", home, TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sync/config/defaults", test_defaults);
  g_test_add_func ("/sync/config/variables", test_variables);
  g_test_add_func ("/sync/config/empty-variables", test_empty_variables);
  g_test_add_func ("/sync/config/refused", test_refused);
  g_test_add_func ("/sync/config/base-url", test_base_url);
  g_test_add_func ("/sync/config/override", test_override);
  g_test_add_func ("/sync/config/route-file", test_route_file);
  g_test_add ("/sync/config/schema-defaults", Fixture, NULL, set_up, test_schema_defaults, tear_down);
  g_test_add ("/sync/config/schema-ranges", Fixture, NULL, set_up, test_schema_ranges, tear_down);
  g_test_add ("/sync/config/settings", Fixture, NULL, set_up, test_settings, tear_down);
  g_test_add ("/sync/config/settings-refused", Fixture, NULL, set_up, test_settings_refused, tear_down);
  failed = g_test_run ();
  g_assert_no_errno (g_rmdir (home));
  return failed;
}
