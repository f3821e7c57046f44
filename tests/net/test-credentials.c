/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The API key and secret with a key ring in a file, without any key ring, and with one that never answers.
 * libsecret chooses its key ring once for a process, so each of these runs in a process of its own. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sync-clock-virtual.h"
#include "sync-credentials.h"
#include "sync-error.h"
#include "sync-key-file.h"
#include "sync-test-directory.h"

#define MS(n) ((n) * G_TIME_SPAN_MILLISECOND)
#define SITE "https://shop.example.com"

typedef struct
{
  gboolean done;
  gboolean ok;
  GError *error; /* (owned) (nullable) */
} Result;

static void
load_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Result *r = user_data;

  r->ok = sync_credentials_load_finish (SYNC_CREDENTIALS (object), result, &r->error);
  r->done = TRUE;
}

static void
set_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Result *r = user_data;

  r->ok = sync_credentials_set_finish (SYNC_CREDENTIALS (object), result, &r->error);
  r->done = TRUE;
}

static void
clear_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Result *r = user_data;

  r->ok = sync_credentials_clear_finish (SYNC_CREDENTIALS (object), result, &r->error);
  r->done = TRUE;
}

static gboolean
await (Result *result, GError **error)
{
  while (!result->done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (result->ok, ==, result->error == NULL);
  if (result->error != NULL)
    g_propagate_error (error, result->error);
  return result->ok;
}

static gboolean
load (SyncCredentials *credentials, GError **error)
{
  Result result = { 0 };

  sync_credentials_load_async (credentials, NULL, load_cb, &result);
  return await (&result, error);
}

static gboolean
set (SyncCredentials *credentials, const char *token, const char *secret, GError **error)
{
  Result result = { 0 };

  sync_credentials_set_async (credentials, token, secret, SYNC_CREDENTIALS_KEEP_AS_BEFORE, NULL, set_cb, &result);
  return await (&result, error);
}

static gboolean
clear (SyncCredentials *credentials, GError **error)
{
  Result result = { 0 };

  sync_credentials_clear_async (credentials, NULL, clear_cb, &result);
  return await (&result, error);
}

static void
assert_holds (SyncCredentials *credentials, SyncCredentialsSource source, const char *authorization)
{
  g_autofree char *actual = sync_credentials_dup_authorization (credentials);

  g_assert_cmpstr (sync_credentials_source_to_string (sync_credentials_get_source (credentials)), ==,
                   sync_credentials_source_to_string (source));
  g_assert_cmpstr (actual, ==, authorization);
}

static void
test_environment (void)
{
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (SITE, "key", "word");
  g_autoptr (GError) error = NULL;

  assert_holds (credentials, SYNC_CREDENTIALS_ENVIRONMENT, "token key:word");
  g_assert_true (load (credentials, NULL));
  g_assert_false (set (credentials, "other", "words", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "ERPNEXT_API_TOKEN"));
  g_assert_nonnull (strstr (error->message, "ERPNEXT_API_SECRET"));
  g_clear_error (&error);
  g_assert_false (clear (credentials, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  assert_holds (credentials, SYNC_CREDENTIALS_ENVIRONMENT, "token key:word");
}

/* Half a pair, and a word that would make ERPNext ignore the header, are not used. */
static void
test_environment_unusable (void)
{
  static const char *const pairs[][2] = { { "key", NULL }, { NULL, "word" }, { "key", "wo rd" },
                                          { "", "word" } };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (SyncCredentials) credentials = sync_credentials_new (SITE, pairs[i][0], pairs[i][1]);

      assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
    }
}

static void
test_invalid (void)
{
  static const struct
  {
    const char *token;
    const char *secret;
    const char *message;
  } rows[] = {
    { "", "word", "The API key is empty" },
    { NULL, "word", "The API key is missing" },
    { "key", NULL, "The API secret is missing" },
    { "ke y", "word", "The API key holds a blank or a line break; copy it again without them" },
    { "key", "word\n", "The API secret holds a blank or a line break; copy it again without them" },
    { "key:word", "word", "The API key holds a colon; give the key and the secret apart" },
    { "key", "wo\x01rd", "The API secret holds a character that no API key has; copy it again" },
    { "k\xc3\xa9y", "word", "The API key holds a character that no API key has; copy it again" },
  };
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (NULL, NULL, NULL);

  g_assert_true (set (credentials, "old", "pair", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (set (credentials, rows[i].token, rows[i].secret, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
      g_assert_cmpstr (error->message, ==, rows[i].message);
      assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token old:pair");
    }
}

static void
test_no_site (void)
{
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (NULL, NULL, NULL);

  g_assert_true (load (credentials, NULL));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_true (set (credentials, "key", "word", NULL));
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token key:word");
  g_assert_true (clear (credentials, NULL));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
}

/* What libsecret leaves on the disk: only its owner may read it, and not even he without the password. */
static void
assert_sealed (const char *path)
{
  g_autofree char *contents = NULL;
  gsize length;
  GStatBuf info;

  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_null (g_strstr_len (contents, length, "hidden"));
  g_assert_no_errno (g_stat (path, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

static void
test_key_ring_child (void)
{
  char *dir = sync_test_directory_new ();
  g_autofree char *path = g_build_filename (dir, "keyring", NULL);
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (SITE, NULL, NULL);
  g_autoptr (SyncCredentials) later = sync_credentials_new (SITE, NULL, NULL);
  g_autoptr (SyncCredentials) elsewhere = sync_credentials_new ("https://other.example.com", NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_setenv ("SECRET_BACKEND", "file", TRUE);
  g_setenv ("SECRET_FILE_TEST_PASSWORD", "password", TRUE);
  g_setenv ("SECRET_FILE_TEST_PATH", path, TRUE);

  g_assert_true (load (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_true (set (credentials, "key", "hidden", &error));
  assert_holds (credentials, SYNC_CREDENTIALS_SECRET_SERVICE, "token key:hidden");
  assert_sealed (path);

  g_assert_true (load (later, &error));
  assert_holds (later, SYNC_CREDENTIALS_SECRET_SERVICE, "token key:hidden");
  g_assert_true (load (elsewhere, &error));
  assert_holds (elsewhere, SYNC_CREDENTIALS_NONE, NULL);

  g_assert_true (set (credentials, "key", "hidden-again", &error));
  g_assert_true (load (later, &error));
  assert_holds (later, SYNC_CREDENTIALS_SECRET_SERVICE, "token key:hidden-again");

  g_assert_true (clear (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_true (clear (credentials, &error));
  /* Not there any more: what is held stays held. */
  g_assert_true (load (later, &error));
  assert_holds (later, SYNC_CREDENTIALS_SECRET_SERVICE, "token key:hidden-again");
  g_assert_no_error (error);
  sync_test_directory_free (dir);
}

static void
test_no_bus_child (void)
{
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (SITE, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_unsetenv ("SECRET_BACKEND");
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  g_assert_true (load (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_true (set (credentials, "key", "word", &error));
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token key:word");
  g_assert_true (load (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token key:word");
  g_assert_true (clear (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_no_error (error);
}

static gboolean
set_kept (SyncCredentials *credentials, const char *token, const char *secret, SyncCredentialsKeep keep, GError **error)
{
  Result result = { 0 };

  sync_credentials_set_async (credentials, token, secret, keep, NULL, set_cb, &result);
  return await (&result, error);
}

static gboolean
set_in_file (SyncCredentials *credentials, const char *token, const char *secret, GError **error)
{
  return set_kept (credentials, token, secret, SYNC_CREDENTIALS_KEEP_FILE, error);
}

static SyncCredentials *
new_with_file (const char *site, const char *path)
{
  SyncCredentials *credentials = sync_credentials_new (site, NULL, NULL);

  sync_credentials_set_file (credentials, path);
  return credentials;
}

/* Without a key ring, somebody chose a file. */
static void
test_file_child (void)
{
  char *dir = sync_test_directory_new ();
  g_autofree char *path = g_build_filename (dir, "config", "credentials", NULL);
  g_autoptr (SyncCredentials) credentials = new_with_file (SITE, path);
  g_autoptr (SyncCredentials) later = new_with_file (SITE, path);
  g_autoptr (SyncCredentials) elsewhere = new_with_file ("http://[::1]:8000", path);
  g_autoptr (GError) error = NULL;
  GStatBuf info;

  g_unsetenv ("SECRET_BACKEND");
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  /* Nobody chose it. */
  g_assert_true (set (credentials, "key", "hidden", &error));
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token key:hidden");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (set_in_file (credentials, "key", "hidden", &error));
  assert_holds (credentials, SYNC_CREDENTIALS_FILE, "token key:hidden");
  g_assert_no_errno (g_stat (path, &info));
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_true (set_in_file (elsewhere, "another", "pair", &error));
  g_assert_true (load (later, &error));
  assert_holds (later, SYNC_CREDENTIALS_FILE, "token key:hidden");

  /* What others can read is not used, and not written to. */
  g_assert_no_errno (g_chmod (path, 0640));
  g_clear_object (&later);
  later = new_with_file (SITE, path);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*chmod 600*");
  g_assert_true (load (later, &error));
  assert_holds (later, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_nonnull (strstr (sync_credentials_get_fault (later), "chmod 600"));
  g_assert_false (set_in_file (later, "key", "new", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "chmod 600"));
  g_assert_nonnull (strstr (error->message, "; put that right, and set it again"));
  g_clear_error (&error);
  assert_holds (later, SYNC_CREDENTIALS_SESSION, "token key:new");
  g_test_assert_expected_messages ();
  g_assert_no_errno (g_chmod (path, 0600));

  /* The last one takes it along. */
  g_assert_true (clear (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (load (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  /* Who chose the file once has another key there, too; unless it is to be there no more. */
  g_assert_true (set (elsewhere, "yet", "another", &error));
  assert_holds (elsewhere, SYNC_CREDENTIALS_FILE, "token yet:another");
  g_assert_true (set_kept (elsewhere, "another", "pair", SYNC_CREDENTIALS_KEEP_SESSION, &error));
  assert_holds (elsewhere, SYNC_CREDENTIALS_SESSION, "token another:pair");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_no_error (error);
  sync_test_directory_free (dir);
}

/* What stands in the way of the file is told, and harms nothing. */
static void
test_file_trouble_child (void)
{
  char *dir = sync_test_directory_new ();
  g_autofree char *path = g_build_filename (dir, "credentials", NULL);
  g_autofree char *there = g_build_filename (dir, "there", NULL);
  g_autoptr (GFile) link = g_file_new_for_path (path);
  g_autofree char *contents = NULL;
  g_autoptr (SyncCredentials) credentials = new_with_file (SITE, path);
  g_autoptr (GError) error = NULL;

  g_unsetenv ("SECRET_BACKEND");
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  /* Its lines are in no message. */
  g_assert_true (g_file_set_contents_full (path, "KEY:HIDDEN\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*credentials” is not used: it cannot be understood; remove it");
  g_assert_true (load (credentials, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_test_assert_expected_messages ();
  g_assert_no_errno (g_unlink (path));

  g_assert_true (g_file_set_contents_full (there, "[x]\n", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_assert_true (g_file_make_symbolic_link (link, "there", NULL, NULL));
  g_assert_false (set_in_file (credentials, "key", "word", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_clear_error (&error);
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token key:word");
  g_assert_true (g_file_get_contents (there, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "[x]\n");
  g_assert_no_error (error);
  sync_test_directory_free (dir);
}

/* Each trouble with the file has a sentence of its own, which names the file and the remedy. */
static void
test_key_file (void)
{
  char *dir = sync_test_directory_new ();
  g_autofree char *path = g_build_filename (dir, "credentials", NULL);
  g_autofree char *large = g_strnfill (65537, '\n');
  g_autoptr (GError) error = NULL;
  char *token, *secret;

  g_assert_true (g_file_set_contents_full (path, large, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_assert_false (sync_key_file_read (path, SITE, &token, &secret, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, "it has more than 64 kB, as no file of API keys has; remove it"));
  g_assert_null (strstr (error->message, "chmod"));
  g_clear_error (&error);
  /* A directory in which also root makes no files. */
  g_assert_false (sync_key_file_write ("/proc/credentials", SITE, "key", "word", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "“/proc/credentials” cannot be written: "));
  g_assert_nonnull (strstr (error->message, "; make its directory writable"));
  sync_test_directory_free (dir);
}

static int n_swallowed; /* (atomic) */

/* In GDBus's own thread: a service that has its name and never answers. */
static GDBusMessage *
swallow_cb (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  g_object_unref (message);
  g_atomic_int_inc (&n_swallowed);
  g_main_context_wakeup (NULL);
  return NULL;
}

/* (transfer full): the connection of a Secret Service that never answers */
static GDBusConnection *
start_silent_service (GTestDBus *bus)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;
  GDBusConnection *connection;

  connection = g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (bus),
                                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                           | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                       NULL, NULL, &error);
  g_assert_no_error (error);
  answer = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "RequestName",
                                        g_variant_new ("(su)", "org.freedesktop.secrets", 0), NULL,
                                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_add_filter (connection, swallow_cb, NULL, NULL);
  return connection;
}

/* Waits until the service was asked again. */
static void
await_question (int n_before)
{
  while (g_atomic_int_get (&n_swallowed) == n_before)
    g_main_context_iteration (NULL, TRUE);
}

/* What is begun last counts, however long the one before it takes. */
static void
test_turns_child (void)
{
  g_autoptr (GTestDBus) bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_autoptr (SyncClockVirtual) clock = sync_clock_virtual_new ();
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (SITE, NULL, NULL);
  g_autoptr (GDBusConnection) service = NULL;
  g_autoptr (GError) error = NULL;
  Result loaded = { 0 }, first = { 0 }, second = { 0 };
  int n = 0;

  g_unsetenv ("SECRET_BACKEND");
  g_test_dbus_up (bus);
  service = start_silent_service (bus);
  sync_credentials_set_clock (credentials, SYNC_CLOCK (clock));
  sync_credentials_load_async (credentials, NULL, load_cb, &loaded);
  sync_credentials_set_async (credentials, "first", "pair", SYNC_CREDENTIALS_KEEP_AS_BEFORE, NULL, set_cb, &first);
  sync_credentials_set_async (credentials, "second", "pair", SYNC_CREDENTIALS_KEEP_AS_BEFORE, NULL, set_cb, &second);
  await_question (n);
  sync_clock_virtual_advance_us (clock, MS (25000));
  g_assert_true (await (&loaded, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_false (first.done);
  sync_clock_virtual_advance_us (clock, MS (25000));
  g_assert_true (await (&first, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token first:pair");
  g_assert_false (second.done);
  sync_clock_virtual_advance_us (clock, MS (25000));
  g_assert_true (await (&second, &error));
  g_assert_no_error (error);
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token second:pair");
  g_assert_finalize_object (g_steal_pointer (&credentials));
  g_object_unref (g_steal_pointer (&service));
  g_test_dbus_down (bus);
}

static void
test_silent_child (void)
{
  g_autoptr (GTestDBus) bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_autoptr (SyncClockVirtual) clock = sync_clock_virtual_new ();
  g_autoptr (SyncCredentials) credentials = sync_credentials_new (SITE, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GDBusConnection) service = NULL;
  g_autoptr (GError) error = NULL;
  Result loaded = { 0 }, stored = { 0 }, taken_back = { 0 }, cleared = { 0 };
  int n;

  g_unsetenv ("SECRET_BACKEND");
  g_test_dbus_up (bus);
  service = start_silent_service (bus);
  sync_credentials_set_clock (credentials, SYNC_CLOCK (clock));

  n = g_atomic_int_get (&n_swallowed);
  sync_credentials_load_async (credentials, NULL, load_cb, &loaded);
  await_question (n);
  sync_clock_virtual_advance_us (clock, MS (24999));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (loaded.done);
  sync_clock_virtual_advance_us (clock, MS (1));
  g_assert_true (await (&loaded, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);

  n = g_atomic_int_get (&n_swallowed);
  sync_credentials_set_async (credentials, "key", "word", SYNC_CREDENTIALS_KEEP_AS_BEFORE, NULL, set_cb, &stored);
  await_question (n);
  sync_clock_virtual_advance_us (clock, MS (25000));
  g_assert_true (await (&stored, &error));
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token key:word");

  n = g_atomic_int_get (&n_swallowed);
  sync_credentials_set_async (credentials, "another", "pair", SYNC_CREDENTIALS_KEEP_AS_BEFORE, cancellable, set_cb, &taken_back);
  await_question (n);
  g_cancellable_cancel (cancellable);
  g_assert_false (await (&taken_back, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  assert_holds (credentials, SYNC_CREDENTIALS_SESSION, "token key:word");

  n = g_atomic_int_get (&n_swallowed);
  sync_credentials_clear_async (credentials, NULL, clear_cb, &cleared);
  await_question (n);
  sync_clock_virtual_advance_us (clock, MS (25000));
  /* Whether an older key is in there, nobody knows. */
  g_assert_false (await (&cleared, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STORAGE);
  g_clear_error (&error);
  assert_holds (credentials, SYNC_CREDENTIALS_NONE, NULL);
  g_assert_cmpuint (sync_clock_virtual_get_n_alarms (clock), ==, 0);

  g_dbus_connection_close_sync (service, NULL, NULL);
  g_test_dbus_stop (bus);
}

static void
run_child (gconstpointer data)
{
  g_test_trap_subprocess (data, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static void
run_silent_child (gconstpointer data)
{
  g_autofree char *daemon = g_find_program_in_path ("dbus-daemon");

  if (daemon == NULL)
    g_test_skip ("there is no dbus-daemon here");
  else
    run_child (data);
}

static void
add (const char *path, const char *child_path, GTestDataFunc run, GTestFunc child)
{
  g_test_add_data_func (path, child_path, run);
  g_test_add_func (child_path, child);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sync/credentials/environment", test_environment);
  g_test_add_func ("/sync/credentials/environment-unusable", test_environment_unusable);
  g_test_add_func ("/sync/credentials/invalid", test_invalid);
  g_test_add_func ("/sync/credentials/no-site", test_no_site);
  g_test_add_func ("/sync/credentials/key-file", test_key_file);
  add ("/sync/credentials/key-ring", "/sync/credentials/key-ring/subprocess", run_child, test_key_ring_child);
  add ("/sync/credentials/no-bus", "/sync/credentials/no-bus/subprocess", run_child, test_no_bus_child);
  add ("/sync/credentials/file", "/sync/credentials/file/subprocess", run_child, test_file_child);
  add ("/sync/credentials/file-trouble", "/sync/credentials/file-trouble/subprocess", run_child, test_file_trouble_child);
  add ("/sync/credentials/silent", "/sync/credentials/silent/subprocess", run_silent_child,
       test_silent_child);
  add ("/sync/credentials/turns", "/sync/credentials/turns/subprocess", run_silent_child, test_turns_child);
  return g_test_run ();
}
