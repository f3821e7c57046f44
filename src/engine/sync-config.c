/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of one run as a plain value: the environment first, then GSettings, then the defaults.
 *
 * Invariant: a SyncConfig that exists is whole and within its ranges; a setting that cannot be understood is
 * refused by its name, never guessed and never quietly replaced by the default. A variable that is set to
 * nothing counts as not set. Pure but for a look whether the shop's own route file exists; any thread. */
#include "config.h"

#include "sync-config.h"

#include <string.h>

#include "sync-credentials.h"
#include "sync-error.h"
#include "sync-merge.h"

#define DAY_MS 86400000
#define HOUR_MS 3600000

G_DEFINE_BOXED_TYPE (SyncConfig, sync_config, sync_config_copy, sync_config_free)

static const SyncConfigNumber numbers[] = {
  { "PROCESSING_INTERVAL", "processing-interval", "milliseconds",
    G_STRUCT_OFFSET (SyncConfig, processing_interval), 5000, 100, DAY_MS },
  { "MAX_RETRIES", "max-retries", "retries", G_STRUCT_OFFSET (SyncConfig, max_retries), 3, 0, 1000 },
  { "BASE_RETRY_DELAY", "base-retry-delay", "milliseconds", G_STRUCT_OFFSET (SyncConfig, base_retry_delay),
    1000, 1, DAY_MS, "max-retry-delay" },
  { "MAX_RETRY_DELAY", "max-retry-delay", "milliseconds", G_STRUCT_OFFSET (SyncConfig, max_retry_delay),
    300000, 1, DAY_MS },
  { "SYNC_BATCH_SIZE", "batch-size", "requests", G_STRUCT_OFFSET (SyncConfig, batch_size), 10, 1, 1000 },
  { "SYNC_CONCURRENCY", "concurrency", "requests", G_STRUCT_OFFSET (SyncConfig, concurrency), 4, 1, 16 },
  { "REQUEST_TIMEOUT", "request-timeout", "milliseconds", G_STRUCT_OFFSET (SyncConfig, request_timeout),
    30000, 100, HOUR_MS },
  { "WRITE_TIMEOUT", "write-timeout", "milliseconds", G_STRUCT_OFFSET (SyncConfig, write_timeout),
    130000, 100, HOUR_MS },
  { "SETTLE_TIME", "settle-time", "milliseconds", G_STRUCT_OFFSET (SyncConfig, settle_time), 130000, 0,
    DAY_MS },
  { "GATEWAY_PORT", "gateway-port", "a port", G_STRUCT_OFFSET (SyncConfig, gateway_port), 8790, 0, 65535 },
};

/* The other settings that a variable overrides. */
static const struct
{
  const char *variable;
  const char *key;
} texts[] = {
  { "ERPNEXT_BASE_URL", "base-url" },
  { "CONFLICT_POLICIES", "conflict-policies" },
  { "POSAWESOME_SYNC_DATA_DIR", "data-dir" },
  { "DEBUG", "debug" },
};

/* (transfer none) (nullable): NULL if the variable is not set, or set to nothing */
static const char *
read_variable (const char *const *environment, const char *variable)
{
  const char *value = g_environ_getenv ((char **) environment, variable);

  return value != NULL && *value != '\0' ? value : NULL;
}

/* (transfer full) (nullable): the text of a setting; @name is set to what a person must look for if it is
 * wrong */
static char *
read_text (GSettings *settings, const char *const *environment, const char *variable, const char *key,
           const char **name)
{
  const char *value = variable != NULL ? read_variable (environment, variable) : NULL;
  g_autofree char *stored = NULL;

  *name = variable;
  if (value != NULL)
    return g_strdup (value);
  *name = key;
  if (settings == NULL)
    return NULL;
  stored = g_settings_get_string (settings, key);
  return *stored != '\0' ? g_steal_pointer (&stored) : NULL;
}

static gboolean
read_number (SyncConfig *self, const SyncConfigNumber *number, GSettings *settings,
             const char *const *environment, GError **error)
{
  const char *text = read_variable (environment, number->variable);
  guint *field = G_STRUCT_MEMBER_P (self, number->offset);
  gboolean port = g_str_equal (number->variable, "GATEWAY_PORT");
  guint64 value;

  if (text == NULL)
    {
      *field = settings != NULL ? g_settings_get_uint (settings, number->key) : number->initial;
      return TRUE;
    }
  if (!g_ascii_string_to_unsigned (text, 10, number->min, number->max, &value, NULL))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: “%s” is not %s%s (%u to %u)", number->variable,
                   text, port ? "" : "a number of ", number->unit, number->min, number->max);
      return FALSE;
    }
  *field = (guint) value;
  return TRUE;
}

/* Whether it keeps below the other number that limits it. */
static gboolean
check_limit (const SyncConfig *self, const SyncConfigNumber *number, GError **error)
{
  const SyncConfigNumber *limit = number->not_above != NULL ? sync_config_find_number (number->not_above) : NULL;

  if (limit == NULL || sync_config_get_number (self, number) <= sync_config_get_number (self, limit))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: %u must not be more than %s, %u", number->variable,
               sync_config_get_number (self, number), limit->variable, sync_config_get_number (self, limit));
  return FALSE;
}

static gboolean
read_debug (SyncConfig *self, GSettings *settings, const char *const *environment, GError **error)
{
  const char *text = read_variable (environment, "DEBUG");

  if (text == NULL)
    self->debug = settings != NULL && g_settings_get_boolean (settings, "debug");
  else if (g_str_equal (text, "true") || g_str_equal (text, "1"))
    self->debug = TRUE;
  else if (g_str_equal (text, "false") || g_str_equal (text, "0"))
    self->debug = FALSE;
  else
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "DEBUG: “%s” is not true or false", text);
      return FALSE;
    }
  return TRUE;
}

/* (transfer full): scheme://host[:port], all in lower case, a Unicode name in its ASCII form, no default
 * port; NULL if the host is no host */
static char *
build_origin (GUri *uri)
{
  const char *scheme = g_uri_get_scheme (uri);
  g_autofree char *ascii = g_hostname_to_ascii (g_uri_get_host (uri));
  g_autofree char *host = NULL;
  int port = g_uri_get_port (uri);

  if (ascii == NULL || *ascii == '\0' || strpbrk (ascii, "%<>\\^`{|}\"' ") != NULL)
    return NULL;
  host = g_ascii_strdown (ascii, -1);
  if (strchr (host, ':') != NULL)
    {
      g_autofree char *bare = g_steal_pointer (&host);

      host = g_strdup_printf ("[%s]", bare);
    }
  if (port == -1 || port == (g_str_equal (scheme, "https") ? 443 : 80))
    return g_strdup_printf ("%s://%s", scheme, host);
  return g_strdup_printf ("%s://%s:%d", scheme, host, port);
}

/* Whether there is a user name before the host; asked of the bare text, because a URL that does not parse
 * must not show a password in a message either. */
static gboolean
has_user_info (const char *text)
{
  const char *host = strstr (text, "://");
  const char *at = host != NULL ? strchr (host + 3, '@') : NULL;

  return at != NULL && (gsize) (at - host) < 3 + strcspn (host + 3, "/?#");
}

/* (nullable): the page of ERPNext's at the beginning of @path, which whoever copies from a browser takes along */
static const char *
find_page (const char *path)
{
  static const char *const pages[] = { "/app", "/login" };

  for (gsize i = 0; i < G_N_ELEMENTS (pages); i++)
    if (g_str_has_prefix (path, pages[i]) && strchr ("/", path[strlen (pages[i])]) != NULL)
      return pages[i];
  return NULL;
}

/* (transfer full): the site's address in the one form that is compared and stored */
static char *
normalise_base_url (const char *name, const char *text, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_ENCODED, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : NULL;
  g_autofree char *origin = NULL;
  g_autofree char *path = NULL;
  const char *excess;
  gsize length;

  if (has_user_info (text))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                   "%s: must not hold a user name or password; give the API key and secret instead", name);
      return NULL;
    }
  /* GLib would take some of these out by itself. */
  for (const char *c = text; *c != '\0'; c++)
    if (g_ascii_isspace (*c) || g_ascii_iscntrl (*c))
      {
        g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                     "%s: holds a blank or a line break; write it without", name);
        return NULL;
      }
  if (scheme != NULL && (g_str_equal (scheme, "http") || g_str_equal (scheme, "https"))
      && g_uri_get_host (uri) != NULL)
    origin = build_origin (uri);
  if (origin == NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                   "%s: “%s” is not an http or https URL (write it like https://shop.example.com)", name,
                   text);
      return NULL;
    }
  excess = g_uri_get_query (uri) != NULL ? "?" : g_uri_get_fragment (uri) != NULL ? "#" : find_page (g_uri_get_path (uri));
  if (excess != NULL)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: “%s” must end before the “%s”", name, text, excess);
      return NULL;
    }
  path = g_strdup (g_uri_get_path (uri));
  for (length = strlen (path); length > 0 && path[length - 1] == '/'; length--)
    path[length - 1] = '\0';
  return g_strconcat (origin, path, NULL);
}

static gboolean
read_base_url (SyncConfig *self, GSettings *settings, const char *const *environment, GError **error)
{
  const char *name;
  g_autofree char *text = read_text (settings, environment, "ERPNEXT_BASE_URL", "base-url", &name);

  if (text == NULL)
    return TRUE;
  self->base_url = normalise_base_url (name, text, error);
  return self->base_url != NULL;
}

static gboolean
read_credentials (SyncConfig *self, const char *const *environment, GError **error)
{
  static const char *const names[] = { "ERPNEXT_API_TOKEN", "ERPNEXT_API_SECRET" };
  char **fields[] = { &self->api_token, &self->api_secret };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = read_variable (environment, names[i]);
      const char *fault = value != NULL ? sync_credentials_find_fault (value) : NULL;

      if (fault != NULL)
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: %s", names[i], fault);
          return FALSE;
        }
      *fields[i] = g_strdup (value);
    }
  if ((self->api_token == NULL) != (self->api_secret == NULL))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                   "%s: is missing; set it together with %s, or neither",
                   names[self->api_token == NULL ? 0 : 1], names[self->api_token == NULL ? 1 : 0]);
      return FALSE;
    }
  return TRUE;
}

/* (transfer full): the same list without blanks around its parts; NULL with @error if one of them is wrong */
static char *
normalise_policies (const char *name, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) list = g_string_new (NULL);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (parts[i], '=');
      const char *type;
      const char *policy;
      SyncMergeStyle style;

      if (equals != NULL)
        *equals = '\0';
      type = g_strstrip (parts[i]);
      policy = equals != NULL ? g_strstrip (equals + 1) : "";
      if (equals == NULL || *type == '\0' || !sync_merge_style_from_string (policy, &style))
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
                       "%s: “%s%s%s” is not Type=policy (last-write-wins, merge, local, server or ask; "
                       "* for all other types)", name, type, equals != NULL ? "=" : "", policy);
          return NULL;
        }
      if (!g_hash_table_add (seen, g_strdup (type)))
        {
          g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: “%s” is named twice", name, type);
          return NULL;
        }
      g_string_append_printf (list, "%s%s=%s", list->len > 0 ? "," : "", type, policy);
    }
  return g_strdup (list->str);
}

static gboolean
read_policies (SyncConfig *self, GSettings *settings, const char *const *environment, GError **error)
{
  const char *name;
  g_autofree char *text = read_text (settings, environment, "CONFLICT_POLICIES", "conflict-policies", &name);

  self->conflict_policies = text != NULL ? normalise_policies (name, text, error) : g_strdup ("");
  return self->conflict_policies != NULL;
}

static gboolean
check_absolute (const char *name, const char *path, GError **error)
{
  if (g_path_is_absolute (path))
    return TRUE;
  g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG,
               "%s: “%s” is not an absolute path (it must begin with /)", name, path);
  return FALSE;
}

static gboolean
read_paths (SyncConfig *self, GSettings *settings, const char *const *environment, GError **error)
{
  const char *name;

  self->data_dir = read_text (settings, environment, "POSAWESOME_SYNC_DATA_DIR", "data-dir", &name);
  if (self->data_dir == NULL)
    self->data_dir = g_build_filename (g_get_user_data_dir (), "posawesome-sync", NULL);
  else if (!check_absolute (name, self->data_dir, error))
    return FALSE;

  self->route_file = read_text (settings, environment, NULL, "route-file", &name);
  if (self->route_file != NULL)
    {
      if (!check_absolute (name, self->route_file, error))
        return FALSE;
      if (g_file_test (self->route_file, G_FILE_TEST_IS_REGULAR))
        return TRUE;
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG, "%s: there is no file “%s”", name, self->route_file);
      return FALSE;
    }
  self->route_file = g_build_filename (g_get_user_config_dir (), "posawesome-sync", "routes.json", NULL);
  if (!g_file_test (self->route_file, G_FILE_TEST_EXISTS))
    g_clear_pointer (&self->route_file, g_free);
  return TRUE;
}

/**
 * sync_config_new:
 * @settings: (nullable): of the schema `org.posawesome.Sync`; %NULL: the defaults
 * @environment: (nullable) (array zero-terminated=1): `KEY=VALUE`, as g_get_environ() returns it; %NULL: the
 *   process's own
 * @error: %SYNC_ERROR_CONFIG, permanent: names the variable or key, the reason and what is allowed
 *
 * Reads all settings; the environment wins over @settings. The base URL may be missing. Must be called in the
 * thread of @settings.
 *
 * Returns: (transfer full) (nullable): the settings, %NULL with @error set
 */
SyncConfig *
sync_config_new (GSettings *settings, const char *const *environment, GError **error)
{
  g_autoptr (SyncConfig) self = g_new0 (SyncConfig, 1);
  g_auto (GStrv) own = environment == NULL ? g_get_environ () : NULL;

  if (environment == NULL)
    environment = (const char *const *) own;
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (!read_number (self, &numbers[i], settings, environment, error))
      return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (!check_limit (self, &numbers[i], error))
      return NULL;
  if (!read_base_url (self, settings, environment, error) || !read_credentials (self, environment, error)
      || !read_policies (self, settings, environment, error)
      || !read_paths (self, settings, environment, error) || !read_debug (self, settings, environment, error))
    return NULL;
  /* A demonstration or a test, which brings its own environment, leaves nothing behind there. */
  if (own != NULL)
    self->state_dir = g_build_filename (g_get_user_state_dir (), "posawesome-sync", NULL);
  return g_steal_pointer (&self);
}

/**
 * sync_config_copy:
 * @self: settings
 *
 * Returns: (transfer full): a copy that shares nothing with @self
 */
SyncConfig *
sync_config_copy (const SyncConfig *self)
{
  SyncConfig *copy = g_new (SyncConfig, 1);

  *copy = *self;
  copy->base_url = g_strdup (self->base_url);
  copy->api_token = g_strdup (self->api_token);
  copy->api_secret = g_strdup (self->api_secret);
  copy->conflict_policies = g_strdup (self->conflict_policies);
  copy->data_dir = g_strdup (self->data_dir);
  copy->state_dir = g_strdup (self->state_dir);
  copy->route_file = g_strdup (self->route_file);
  return copy;
}

/* Frees a secret after overwriting it. */
static void
free_secret (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

/**
 * sync_config_free:
 * @self: (transfer full): settings; the memory of the API key and secret is overwritten
 */
void
sync_config_free (SyncConfig *self)
{
  free_secret (self->api_token);
  free_secret (self->api_secret);
  g_free (self->base_url);
  g_free (self->conflict_policies);
  g_free (self->data_dir);
  g_free (self->state_dir);
  g_free (self->route_file);
  g_free (self);
}

/**
 * sync_config_dup_origin:
 * @self: settings
 *
 * Returns: (transfer full) (nullable): `scheme://host[:port]` of the site in lower case, without the scheme's
 * own port; %NULL if there is no base URL
 */
char *
sync_config_dup_origin (const SyncConfig *self)
{
  const char *host;
  const char *slash;

  if (self->base_url == NULL)
    return NULL;
  /* The base URL was normalised when it was read: its origin is what stands before its path. */
  host = strstr (self->base_url, "://") + strlen ("://");
  slash = strchr (host, '/');
  return slash != NULL ? g_strndup (self->base_url, slash - self->base_url) : g_strdup (self->base_url);
}

/**
 * sync_config_get_number:
 * @self: settings
 * @number: one of sync_config_list_numbers()
 *
 * Returns: its value, in its unit
 */
guint
sync_config_get_number (const SyncConfig *self, const SyncConfigNumber *number)
{
  return *(const guint *) G_STRUCT_MEMBER_P (self, number->offset);
}

/**
 * sync_config_list_numbers:
 * @n_numbers: (out): how many there are
 *
 * Returns: (transfer none) (array length=n_numbers): all settings that are whole numbers, with what is allowed
 */
const SyncConfigNumber *
sync_config_list_numbers (guint *n_numbers)
{
  *n_numbers = G_N_ELEMENTS (numbers);
  return numbers;
}

/**
 * sync_config_find_number:
 * @key: as in the schema
 *
 * Returns: (transfer none) (nullable): what is allowed for it; %NULL if it is no number
 */
const SyncConfigNumber *
sync_config_find_number (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (g_str_equal (numbers[i].key, key))
      return &numbers[i];
  return NULL;
}

/**
 * sync_config_find_override:
 * @key: as in the schema
 * @environment: (nullable) (array zero-terminated=1): `KEY=VALUE`; %NULL: the process's own
 *
 * Returns: (transfer none) (nullable): the variable that overrides the key now; %NULL if the key counts
 */
const char *
sync_config_find_override (const char *key, const char *const *environment)
{
  g_auto (GStrv) own = environment == NULL ? g_get_environ () : NULL;
  const SyncConfigNumber *number = sync_config_find_number (key);
  const char *variable = number != NULL ? number->variable : NULL;

  for (gsize i = 0; variable == NULL && i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (texts[i].key, key))
      variable = texts[i].variable;
  if (environment == NULL)
    environment = (const char *const *) own;
  return variable != NULL && read_variable (environment, variable) != NULL ? variable : NULL;
}
