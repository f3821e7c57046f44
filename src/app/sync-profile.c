/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tuning profiles, and the way back from one. Several numbers change as one: whoever follows the settings never sees
 * half of a profile. Thread of the settings. */
#include "config.h"

#include "sync-profile.h"

#include "sync-setting-words.h"

#include <glib/gi18n.h>

static const SyncProfile profiles[] = {
  { "defaults", N_ ("Defaults"), N_ ("For most shops"),
    { { "processing-interval", 5000 }, { "batch-size", 10 }, { "max-retries", 3 }, { "base-retry-delay", 1000 },
      { "max-retry-delay", 300000 } } },
  { "high-frequency", N_ ("High frequency"), N_ ("For a busy till: a sweep every 2 s, 20 entries each"),
    { { "processing-interval", 2000 }, { "batch-size", 20 } } },
  { "low-frequency", N_ ("Low frequency"), N_ ("For work in the background: a sweep every 30 s, 5 entries each"),
    { { "processing-interval", 30000 }, { "batch-size", 5 } } },
  { "aggressive-retry", N_ ("Aggressive retry"), N_ ("For a good line: 5 retries, the first after 500 ms"),
    { { "max-retries", 5 }, { "base-retry-delay", 500 } } },
  { "conservative-retry", N_ ("Conservative retry"),
    N_ ("For a poor line: 2 retries, the first after 2 s, the longest wait 10 min"),
    { { "max-retries", 2 }, { "base-retry-delay", 2000 }, { "max-retry-delay", 600000 } } },
};

/**
 * sync_profile_list:
 * @n_profiles: (out): how many there are
 *
 * Returns: (transfer none) (array length=n_profiles): the profiles, the defaults first
 */
const SyncProfile *
sync_profile_list (guint *n_profiles)
{
  *n_profiles = G_N_ELEMENTS (profiles);
  return profiles;
}

/**
 * sync_profile_is_used:
 * @self: a profile
 * @settings: the settings
 *
 * Returns: whether all that it names is set so
 */
gboolean
sync_profile_is_used (const SyncProfile *self, GSettings *settings)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->settings) && self->settings[i].key != NULL; i++)
    if (g_settings_get_uint (settings, self->settings[i].key) != self->settings[i].value)
      return FALSE;
  return TRUE;
}

/**
 * sync_profile_find_override:
 * @self: a profile
 *
 * Returns: (transfer none) (nullable): a variable of the environment because of which it would not hold
 */
const char *
sync_profile_find_override (const SyncProfile *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->settings) && self->settings[i].key != NULL; i++)
    {
      const char *variable = sync_config_find_override (self->settings[i].key, NULL);

      if (variable != NULL)
        return variable;
    }
  return NULL;
}

/* Writes numbers (`a{su}`) in one change. */
static void
write_numbers (GSettings *settings, GVariant *numbers)
{
  g_autoptr (GSettingsSchema) schema = NULL;
  g_autoptr (GSettingsBackend) backend = NULL;
  g_autoptr (GSettings) change = NULL;
  GVariantIter iter;
  const char *key;
  guint value;

  g_object_get (settings, "settings-schema", &schema, "backend", &backend, NULL);
  change = g_settings_new_full (schema, backend, NULL);
  g_settings_delay (change);
  g_variant_iter_init (&iter, numbers);
  while (g_variant_iter_next (&iter, "{&su}", &key, &value))
    g_settings_set_uint (change, key, value);
  g_settings_apply (change);
}

/* Whether what stays goes together with it. */
static gboolean
check (const SyncProfile *self, const SyncConfig *config, GError **error)
{
  g_autoptr (SyncConfig) after = sync_config_copy (config);

  for (gsize i = 0; i < G_N_ELEMENTS (self->settings) && self->settings[i].key != NULL; i++)
    *(guint *) G_STRUCT_MEMBER_P (after, sync_config_find_number (self->settings[i].key)->offset) = self->settings[i].value;
  for (gsize i = 0; i < G_N_ELEMENTS (self->settings) && self->settings[i].key != NULL; i++)
    if (!sync_setting_words_check (sync_config_find_number (self->settings[i].key), self->settings[i].value, after, error))
      return FALSE;
  return TRUE;
}

/**
 * sync_profile_use:
 * @self: a profile
 * @settings: the settings
 * @before: (out) (transfer full): what it changed, for sync_profile_put_back()
 * @error: why it is not used: %G_IO_ERROR_INVALID_ARGUMENT, what stays as it is does not go together with it (permanent until
 *   that changes); %SYNC_ERROR_CONFIG, the present settings are wrong
 *
 * Sets what the profile names, and nothing else.
 *
 * Returns: whether it is set
 */
gboolean
sync_profile_use (const SyncProfile *self, GSettings *settings, GVariant **before, GError **error)
{
  g_autoptr (SyncConfig) config = sync_config_new (settings, NULL, error);
  g_autoptr (GVariant) after = NULL;
  GVariantBuilder was, is;

  if (config == NULL || !check (self, config, error))
    return FALSE;
  g_variant_builder_init (&was, G_VARIANT_TYPE ("a{su}"));
  g_variant_builder_init (&is, G_VARIANT_TYPE ("a{su}"));
  for (gsize i = 0; i < G_N_ELEMENTS (self->settings) && self->settings[i].key != NULL; i++)
    {
      const char *key = self->settings[i].key;

      g_variant_builder_add (&was, "{su}", key, g_settings_get_uint (settings, key));
      g_variant_builder_add (&is, "{su}", key, self->settings[i].value);
    }
  *before = g_variant_ref_sink (g_variant_builder_end (&was));
  after = g_variant_ref_sink (g_variant_builder_end (&is));
  write_numbers (settings, after);
  return TRUE;
}

/**
 * sync_profile_put_back:
 * @settings: the settings
 * @before: what sync_profile_use() changed
 *
 * Takes a profile back.
 */
void
sync_profile_put_back (GSettings *settings, GVariant *before)
{
  write_numbers (settings, before);
}
