/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as a person reads and writes them, what is refused and in which words; the profiles; the list of policies. */
#include "config.h"

#include "sync-policy-list.h"
#include "sync-profile.h"
#include "sync-setting-words.h"

#include <locale.h>

static const SyncConfigNumber *
number (const char *key)
{
  const SyncConfigNumber *found = sync_config_find_number (key);

  g_assert_nonnull (found);
  return found;
}

/* What is shown is understood again. */
static void
test_values (void)
{
  static const struct
  {
    guint ms;
    const char *text;
  } rows[] = {
    { 0, "0 s" },          { 1, "1 ms" },         { 500, "500 ms" },        { 1000, "1 s" },
    { 1500, "1.5 s" },     { 5000, "5 s" },       { 60000, "1 min" },       { 130000, "2 min 10 s" },
    { 60250, "1 min 250 ms" }, { 61001, "1 min 1.001 s" }, { 3600000, "1 h" }, { 86400000, "24 h" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = sync_setting_words_value (number ("settle-time"), rows[i].ms);
      g_autoptr (GError) error = NULL;
      guint ms;

      g_assert_cmpstr (text, ==, rows[i].text);
      g_assert_true (sync_setting_words_read (number ("settle-time"), text, &ms, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (ms, ==, rows[i].ms);
    }
}

static void
test_read (void)
{
  static const struct
  {
    const char *key;
    const char *text;
    guint value;
  } rows[] = {
    { "processing-interval", "2", 2000 },       { "processing-interval", "0,5", 500 },
    { "processing-interval", " 500ms ", 500 },  { "processing-interval", "1h30min", 5400000 },
    { "processing-interval", "1.5 min", 90000 }, { "max-retries", "0", 0 },
    { "max-retries", " 7 ", 7 },                { "gateway-port", "65535", 65535 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      guint value = 1;

      g_assert_true (sync_setting_words_read (number (rows[i].key), rows[i].text, &value, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (value, ==, rows[i].value);
    }
}

static void
test_refused (void)
{
  static const char *const rows[][3] = {
    { "processing-interval", "soon", "“soon” is not a length of time; write it like 5 s, 500 ms or 2 min." },
    { "processing-interval", "", "“” is not a length of time; write it like 5 s, 500 ms or 2 min." },
    { "processing-interval", "5 x", "“5 x” is not a length of time; write it like 5 s, 500 ms or 2 min." },
    { "processing-interval", "-1", "“-1” is not a length of time; write it like 5 s, 500 ms or 2 min." },
    { "processing-interval", "1.2.3", "“1.2.3” is not a length of time; write it like 5 s, 500 ms or 2 min." },
    { "processing-interval", "99 ms", "It can be 100 ms to 24 h." },
    { "processing-interval", "25 h", "It can be 100 ms to 24 h." },
    { "processing-interval", "99999999999999999999999 h", "It can be 100 ms to 24 h." },
    { "max-retries", "many", "“many” is not a whole number." },
    { "max-retries", "1.5", "“1.5” is not a whole number." },
    { "max-retries", "3 s", "“3 s” is not a whole number." },
    { "max-retries", "1001", "It can be 0 to 1000." },
    { "batch-size", "0", "It can be 1 to 1000." },
    { "gateway-port", "65536", "It can be 0 to 65535." },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      guint value = 42;

      g_assert_false (sync_setting_words_read (number (rows[i][0]), rows[i][1], &value, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, rows[i][2]);
      g_assert_cmpuint (value, ==, 42);
    }
}

/* Two delays limit each other, whichever is changed. */
static void
test_together (void)
{
  static const char *const nothing[] = { NULL };
  g_autoptr (SyncConfig) config = sync_config_new (NULL, nothing, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_setting_words_check (number ("base-retry-delay"), 300000, config, &error));
  g_assert_no_error (error);
  g_assert_false (sync_setting_words_check (number ("base-retry-delay"), 300001, config, &error));
  g_assert_cmpstr (error->message, ==, "It must not be more than “Longest retry delay”, 5 min.");
  g_clear_error (&error);
  g_assert_false (sync_setting_words_check (number ("max-retry-delay"), 999, config, &error));
  g_assert_cmpstr (error->message, ==, "It must not be less than “First retry delay”, 1 s.");
  g_clear_error (&error);
  g_assert_true (sync_setting_words_check (number ("processing-interval"), 1, config, &error));
}

/* Every number has its words. */
static void
test_all_have_words (void)
{
  const SyncConfigNumber *numbers;
  guint n_numbers;

  numbers = sync_config_list_numbers (&n_numbers);
  for (guint i = 0; i < n_numbers; i++)
    {
      g_assert_cmpstr (sync_setting_words_title (&numbers[i]), !=, numbers[i].key);
      g_assert_cmpstr (sync_setting_words_purpose (&numbers[i]), !=, "");
    }
}

static void
count_cb (GSettings *settings, const char *key, guint *n_wrong)
{
  g_autoptr (SyncConfig) config = sync_config_new (settings, NULL, NULL);

  *n_wrong += config == NULL;
}

static const SyncProfile *
profile (const char *name)
{
  const SyncProfile *profiles;
  guint n_profiles;

  profiles = sync_profile_list (&n_profiles);
  g_assert_cmpuint (n_profiles, ==, 5);
  for (guint i = 0; i < n_profiles; i++)
    if (g_str_equal (profiles[i].name, name))
      return &profiles[i];
  g_assert_not_reached ();
}

static void
assert_numbers (GSettings *settings, guint interval, guint batch, guint retries, guint base, guint max)
{
  g_assert_cmpuint (g_settings_get_uint (settings, "processing-interval"), ==, interval);
  g_assert_cmpuint (g_settings_get_uint (settings, "batch-size"), ==, batch);
  g_assert_cmpuint (g_settings_get_uint (settings, "max-retries"), ==, retries);
  g_assert_cmpuint (g_settings_get_uint (settings, "base-retry-delay"), ==, base);
  g_assert_cmpuint (g_settings_get_uint (settings, "max-retry-delay"), ==, max);
}

static GVariant *
use (GSettings *settings, const char *name)
{
  g_autoptr (GError) error = NULL;
  GVariant *before = NULL;

  g_assert_true (sync_profile_use (profile (name), settings, &before, &error));
  g_assert_no_error (error);
  g_assert_true (sync_profile_is_used (profile (name), settings));
  return before;
}

/* Exactly the numbers that they promise, and the way back; nobody ever sees half of one. */
static void
test_profiles (void)
{
  g_autoptr (GSettings) settings = g_settings_new ("org.posawesome.Sync");
  g_autoptr (GVariant) frequent = NULL;
  g_autoptr (GVariant) aggressive = NULL;
  g_autoptr (GVariant) low = NULL;
  g_autoptr (GVariant) conservative = NULL;
  g_autoptr (GVariant) defaults = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *none = NULL;
  guint n_wrong = 0;

  g_signal_connect (settings, "changed", G_CALLBACK (count_cb), &n_wrong);
  g_assert_true (sync_profile_is_used (profile ("defaults"), settings));
  frequent = use (settings, "high-frequency");
  assert_numbers (settings, 2000, 20, 3, 1000, 300000);
  g_assert_false (sync_profile_is_used (profile ("defaults"), settings));
  aggressive = use (settings, "aggressive-retry");
  assert_numbers (settings, 2000, 20, 5, 500, 300000);
  low = use (settings, "low-frequency");
  assert_numbers (settings, 30000, 5, 5, 500, 300000);
  sync_profile_put_back (settings, low);
  assert_numbers (settings, 2000, 20, 5, 500, 300000);
  g_settings_set_uint (settings, "base-retry-delay", 1);
  g_settings_set_uint (settings, "max-retry-delay", 1500);
  conservative = use (settings, "conservative-retry");
  assert_numbers (settings, 2000, 20, 2, 2000, 600000);
  sync_profile_put_back (settings, conservative);
  assert_numbers (settings, 2000, 20, 5, 1, 1500);
  g_settings_set_uint (settings, "max-retry-delay", 400);
  g_assert_false (sync_profile_use (profile ("aggressive-retry"), settings, &none, &error));
  g_assert_cmpstr (error->message, ==, "It must not be more than “Longest retry delay”, 400 ms.");
  assert_numbers (settings, 2000, 20, 5, 1, 400);
  defaults = use (settings, "defaults");
  assert_numbers (settings, 5000, 10, 3, 1000, 300000);
  g_assert_cmpuint (n_wrong, ==, 0);
}

static void
assert_list (char *list, const char *expected)
{
  g_autofree char *variable = g_strconcat ("CONFLICT_POLICIES=", list, NULL);
  const char *const environment[] = { variable, NULL };
  g_autoptr (SyncConfig) config = sync_config_new (NULL, environment, NULL);

  g_assert_cmpstr (list, ==, expected);
  g_assert_nonnull (config);
  g_free (list);
}

static void
test_policies (void)
{
  const char *some = "Customer=ask,Item=server,*=merge";
  g_auto (GStrv) types = sync_policy_list_dup_types (some);
  g_autofree char *type = sync_policy_list_check_type ("  Sales Invoice ", NULL);

  g_assert_cmpuint (g_strv_length (types), ==, 2);
  g_assert_cmpstr (types[0], ==, "Customer");
  g_assert_cmpstr (types[1], ==, "Item");
  assert_list (sync_policy_list_set ("", "Item", SYNC_MERGE_STYLE_ASK), "Item=ask");
  assert_list (sync_policy_list_set (some, "Customer", SYNC_MERGE_STYLE_LOCAL), "Customer=local,Item=server,*=merge");
  assert_list (sync_policy_list_set (some, "Note", SYNC_MERGE_STYLE_LAST_WRITE_WINS),
               "Customer=ask,Item=server,Note=last-write-wins,*=merge");
  assert_list (sync_policy_list_set (some, "*", SYNC_MERGE_STYLE_ASK), "Customer=ask,Item=server,*=ask");
  assert_list (sync_policy_list_set (some, "*", SYNC_MERGE_STYLE_LAST_WRITE_WINS), "Customer=ask,Item=server");
  assert_list (sync_policy_list_remove (some, "Customer"), "Item=server,*=merge");
  assert_list (sync_policy_list_remove (some, "Note"), some);
  g_assert_cmpstr (type, ==, "Sales Invoice");
  g_assert_null (sync_policy_list_check_type ("a=b", NULL));
  g_assert_null (sync_policy_list_check_type ("a,b", NULL));
  g_assert_null (sync_policy_list_check_type ("*", NULL));
  g_assert_null (sync_policy_list_check_type (" ", NULL));
}

/* Window and handbook call a policy the same, and the handbook names its value beside it. */
static void
test_policies_in_handbook (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "README.md", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (SyncMergeStyle style = 0; style < SYNC_POLICY_N_STYLES; style++)
    {
      g_autofree char *row
          = g_strdup_printf ("\n| %s | `%s`", sync_policy_list_words (style), sync_merge_style_to_string (style));

      if (strstr (text, row) == NULL)
        g_test_message ("the handbook has no line that begins with “%s”", row + 1);
      g_assert_nonnull (strstr (text, row));
    }
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/setting-words/values", test_values);
  g_test_add_func ("/sync/setting-words/read", test_read);
  g_test_add_func ("/sync/setting-words/refused", test_refused);
  g_test_add_func ("/sync/setting-words/together", test_together);
  g_test_add_func ("/sync/setting-words/all-have-words", test_all_have_words);
  g_test_add_func ("/sync/setting-words/profiles", test_profiles);
  g_test_add_func ("/sync/setting-words/policies", test_policies);
  g_test_add_func ("/sync/setting-words/policies-in-handbook", test_policies_in_handbook);
  return g_test_run ();
}
