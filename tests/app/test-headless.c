/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program as a process, without a bus and without a display: what it prints, how it refuses, how it ends. */
#include "app-process.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>

/* Nobody listens there; the program has to work all the same. */
#define NO_SERVER "http://127.0.0.1:9"

static void
assert_one_line_with (const char *text, const char *part)
{
  g_assert_nonnull (strstr (text, part));
  g_assert_cmpuint (app_count_lines (text), ==, 1);
}

/* A program that got ready says once that there is no bus; one that does not get ready says why, and only that. */
static const char *bus_line = "posawesome-sync: no session bus: going on without it\n";

static guint
read_ready (GSubprocess *process, const char *data)
{
  g_autofree char *line = app_process_read_line (process);
  g_autofree char *expected = NULL;
  g_auto (GStrv) words = NULL;
  guint64 port;

  g_assert_nonnull (line);
  words = g_strsplit (line, " ", 3);
  g_assert_cmpuint (g_strv_length (words), ==, 3);
  g_assert_cmpstr (words[0], ==, "ready");
  g_assert_true (g_str_has_prefix (words[1], "gateway=http://127.0.0.1:"));
  g_assert_true (g_ascii_string_to_unsigned (strrchr (words[1], ':') + 1, 10, 1, 65535, &port, NULL));
  expected = g_strconcat ("data=", data, NULL);
  g_assert_cmpstr (words[2], ==, expected);
  return (guint) port;
}

static void
test_version (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (AppEnd) version = app_profile_run (profile, "--version", NULL);
  g_autoptr (AppEnd) help = app_profile_run (profile, "--help", NULL);

  g_assert_cmpint (version->status, ==, 0);
  g_assert_true (g_str_has_prefix (version->out, "posawesome-sync "));
  g_assert_cmpint (help->status, ==, 0);
  g_assert_nonnull (strstr (help->out, "--headless"));
  g_assert_nonnull (strstr (help->out, "--background"));
  g_assert_nonnull (strstr (help->out, "--demo"));
  g_assert_nonnull (strstr (help->out, "--conflict"));
}

static void
test_usage (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (AppEnd) option = app_profile_run (profile, "--headles", NULL);
  g_autoptr (AppEnd) argument = app_profile_run (profile, "--headless", "now", NULL);
  g_autoptr (AppEnd) number = app_profile_run (profile, "--conflict", "first", NULL);
  g_autoptr (AppEnd) windowless = app_profile_run (profile, "--headless", "--conflict", "1", NULL);

  g_assert_cmpint (option->status, ==, 2);
  assert_one_line_with (option->err, "--headles");
  g_assert_cmpint (argument->status, ==, 2);
  assert_one_line_with (argument->err, "now");
  g_assert_cmpint (number->status, ==, 2);
  assert_one_line_with (number->err, "first");
  g_assert_cmpint (windowless->status, ==, 2);
  assert_one_line_with (windowless->err, "--conflict");
}

static void
test_no_url (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (AppEnd) end = app_profile_run (profile, "--headless", NULL);

  g_assert_cmpint (end->status, ==, 2);
  g_assert_cmpstr (end->out, ==, "");
  assert_one_line_with (end->err, "ERPNEXT_BASE_URL");
  g_assert_false (g_file_test (profile->data, G_FILE_TEST_EXISTS));
}

static void
test_bad_setting (void)
{
  static const char *const settings[][2] = {
    { "MAX_RETRIES", "many" },        { "GATEWAY_PORT", "70000" },           { "ERPNEXT_BASE_URL", "ftp://shop" },
    { "SYNC_CONCURRENCY", "0" },      { "CONFLICT_POLICIES", "Item=maybe" }, { "DEBUG", "perhaps" },
    { "BASE_RETRY_DELAY", "-1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      g_autoptr (AppProfile) profile = app_profile_new ();
      g_autoptr (AppEnd) end = NULL;

      app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
      app_profile_set (profile, settings[i][0], settings[i][1]);
      end = app_profile_run (profile, "--headless", NULL);
      g_assert_cmpint (end->status, ==, 2);
      g_assert_cmpstr (end->out, ==, "");
      assert_one_line_with (end->err, settings[i][0]);
    }
}

static void
test_ready (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (AppEnd) end = NULL;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token_path = g_build_filename (profile->data, "gateway-token", NULL);
  g_autofree char *port_path = g_build_filename (profile->data, "gateway-port", NULL);
  g_autofree char *port_text = NULL;
  GStatBuf token;
  guint port;

  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  process = app_profile_spawn (profile, "--headless", NULL);
  port = read_ready (process, profile->data);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", (guint16) port, NULL, &error);
  g_assert_no_error (error);
  g_assert_no_errno (g_stat (token_path, &token));
  g_assert_cmpuint (token.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (port_path, &port_text, NULL, NULL));
  g_assert_cmpuint ((guint) g_ascii_strtoull (port_text, NULL, 10), ==, port);
  end = app_process_end (process, SIGTERM);
  g_assert_cmpint (end->status, ==, 0);
  g_assert_cmpstr (end->out, ==, "");
  g_assert_cmpstr (end->err, ==, bus_line);
}

/* The witness stands in the state directory; where it has seen more than the queue holds, that is said once. */
static void
test_older_copy (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autofree char *state = g_build_filename (profile->home, "state", "posawesome-sync", NULL);
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *more = NULL;
  g_autoptr (GDir) dir = NULL;

  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GSubprocess) process = app_profile_spawn (profile, "--headless", NULL);
      g_autoptr (AppEnd) end = NULL;

      read_ready (process, profile->data);
      end = app_process_end (process, SIGTERM);
      g_assert_cmpint (end->status, ==, 0);
      if (i > 0)
        {
          g_assert_true (g_str_has_suffix (end->err, bus_line));
          end->err[strlen (end->err) - strlen (bus_line)] = '\0';
          assert_one_line_with (end->err, "an older copy was put back");
          return;
        }
      g_assert_cmpstr (end->err, ==, bus_line);
      dir = g_dir_open (state, 0, NULL);
      g_assert_nonnull (dir);
      path = g_build_filename (state, g_dir_read_name (dir), NULL);
      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), ==, 0);
      more = g_strdup_printf ("%020d%s", 7, strchr (text, '\n'));
      g_assert_true (g_file_set_contents (path, more, -1, NULL));
    }
}

static void
test_interrupt (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (AppEnd) end = NULL;

  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  process = app_profile_spawn (profile, "--headless", NULL);
  read_ready (process, profile->data);
  end = app_process_end (process, SIGINT);
  g_assert_cmpint (end->status, ==, 0);
}

static void
test_second_process (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (GSubprocess) first = NULL;
  g_autoptr (AppEnd) second = NULL;
  g_autoptr (AppEnd) end = NULL;

  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  first = app_profile_spawn (profile, "--headless", NULL);
  read_ready (first, profile->data);
  second = app_profile_run (profile, "--headless", NULL);
  g_assert_cmpint (second->status, ==, 1);
  g_assert_cmpstr (second->out, ==, "");
  assert_one_line_with (second->err, g_subprocess_get_identifier (first));
  end = app_process_end (first, SIGTERM);
  g_assert_cmpint (end->status, ==, 0);
}

static void
test_port_in_use (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (AppEnd) end = NULL;
  g_autofree char *text = NULL;

  text = g_strdup_printf ("%u", g_socket_listener_add_any_inet_port (listener, NULL, NULL));
  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  app_profile_set (profile, "GATEWAY_PORT", text);
  end = app_profile_run (profile, "--headless", NULL);
  g_assert_cmpint (end->status, ==, 1);
  g_assert_cmpstr (end->out, ==, "");
  assert_one_line_with (end->err, text);
}

static void
test_unwritable (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autofree char *file = g_build_filename (profile->home, "file", NULL);
  g_autofree char *below = g_build_filename (file, "data", NULL);
  g_autoptr (AppEnd) end = NULL;

  /* Below a file: also root cannot make a directory there. */
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  app_profile_set (profile, "POSAWESOME_SYNC_DATA_DIR", below);
  end = app_profile_run (profile, "--headless", NULL);
  g_assert_cmpint (end->status, ==, 1);
  g_assert_cmpstr (end->out, ==, "");
  assert_one_line_with (end->err, below);
}

/* What GSettings would pass over in silence is refused by name. */
static void
test_bad_settings_file (void)
{
  static const char *const files[][2] = {
    { "[Sync]\nmax-retries=5000\n", "cannot be 5000; it is: max-retries, from 0 to 1000" },
    { "[Sync]\nmax-retries=often\n", "max-retries" },
    { "[Sync]\nno-such-setting=1\n", "no-such-setting" },
    { "[Sync]\nbase-url=http://without.quotes\n", "base-url" },
    { "[org.posawesome.Sync]\nmax-retries=5\n", "[Sync]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (AppProfile) profile = app_profile_new ();
      g_autofree char *directory = g_build_filename (profile->home, "config", "posawesome-sync", NULL);
      g_autofree char *path = g_build_filename (directory, "settings.ini", NULL);
      g_autoptr (AppEnd) end = NULL;

      g_assert_no_errno (g_mkdir_with_parents (directory, 0700));
      g_assert_true (g_file_set_contents (path, files[i][0], -1, NULL));
      app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
      end = app_profile_run (profile, "--headless", NULL);
      g_assert_cmpint (end->status, ==, 2);
      assert_one_line_with (end->err, files[i][1]);
    }
}

/* Without a bus the settings come from a file, and the environment still wins. */
static void
test_settings_file (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autofree char *directory = g_build_filename (profile->home, "config", "posawesome-sync", NULL);
  g_autofree char *path = g_build_filename (directory, "settings.ini", NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (AppEnd) end = NULL;
  g_autoptr (AppEnd) bad = NULL;

  g_assert_no_errno (g_mkdir (directory, 0700));
  g_assert_true (g_file_set_contents (path, "[Sync]\nbase-url='" NO_SERVER "'\n", -1, NULL));
  process = app_profile_spawn (profile, "--headless", NULL);
  read_ready (process, profile->data);
  end = app_process_end (process, SIGTERM);
  g_assert_cmpint (end->status, ==, 0);
  app_profile_set (profile, "ERPNEXT_BASE_URL", "nowhere");
  bad = app_profile_run (profile, "--headless", NULL);
  g_assert_cmpint (bad->status, ==, 2);
}

/* What the running program says its site is. */
static char *
dup_site (AppProfile *profile, guint port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (profile->data, "gateway-token", NULL);
  g_autofree char *token = NULL;
  g_autofree char *call = NULL;
  g_autofree char *answer = NULL;
  char *site;

  g_assert_true (g_file_get_contents (path, &token, NULL, NULL));
  call = g_strdup_printf ("GET /_sync/v1/status HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                          "Connection: close\r\n\r\n",
                          port, g_strstrip (token));
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", (guint16) port, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), call, strlen (call), NULL, NULL, &error);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  answer = g_data_input_stream_read_upto (lines, "", 0, NULL, NULL, &error);
  g_assert_no_error (error);
  site = strstr (answer, "\"baseUrl\":\"");
  g_assert_nonnull (site);
  site += strlen ("\"baseUrl\":\"");
  return g_strndup (site, strcspn (site, "\""));
}

/* Another site while it runs: the API key is that of the first, so the other one is not used, and that is said once. */
static void
test_other_site (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autofree char *directory = g_build_filename (profile->home, "config", "posawesome-sync", NULL);
  g_autofree char *path = g_build_filename (directory, "settings.ini", NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) words = NULL;
  g_autoptr (AppEnd) end = NULL;
  g_autofree char *first = NULL;
  g_autofree char *line = NULL;
  g_autofree char *site = NULL;
  guint port;

  g_assert_no_errno (g_mkdir (directory, 0700));
  g_assert_true (g_file_set_contents (path, "[Sync]\nbase-url='" NO_SERVER "'\n", -1, NULL));
  process = app_profile_spawn (profile, "--headless", NULL);
  port = read_ready (process, profile->data);
  words = g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (words), FALSE);
  first = g_data_input_stream_read_line (words, NULL, NULL, NULL);
  g_assert_true (g_str_has_prefix (bus_line, first));
  g_assert_true (g_file_set_contents (path, "[Sync]\nmax-retries=7\nbase-url='http://127.0.0.1:7'\n", -1, NULL));
  line = g_data_input_stream_read_line (words, NULL, NULL, NULL);
  g_assert_nonnull (strstr (line, NO_SERVER));
  g_assert_nonnull (strstr (line, "restart it to use http://127.0.0.1:7"));
  site = dup_site (profile, port);
  g_assert_cmpstr (site, ==, NO_SERVER);
  end = app_process_end (process, SIGTERM);
  g_assert_cmpint (end->status, ==, 0);
  g_assert_cmpstr (end->err, ==, "");
}

/* Changed while it runs: what is wrong is refused by name as at the start, once, and nothing else of that file is used. A file
 * that is empty for a moment is not looked at then. */
static void
test_changed_settings_file (void)
{
  static const char *const files[][2] = {
    { "[Sync]\nmax-retries=5000\nbase-url='http://127.0.0.1:7'\n", "cannot be 5000; it is: max-retries, from 0 to 1000" },
    { "[Sync]\nmax-retries=five\nbase-url='http://127.0.0.1:7'\n", "cannot be five; it is: max-retries, from 0 to 1000" },
    { "[Sync]\nbase-url='" NO_SERVER "'\nconflict-policies='Item=maybe'\nconcurrency=2\n", "“Item=maybe” is not Type=policy" },
    { "[Sync]\nbase-url='" NO_SERVER "'\n", NULL },
    { "[Sync]\nbase-url='" NO_SERVER "'\nmax-retries=often\n", "cannot be often" },
  };
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autofree char *directory = g_build_filename (profile->home, "config", "posawesome-sync", NULL);
  g_autofree char *path = g_build_filename (directory, "settings.ini", NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) words = NULL;
  g_autoptr (AppEnd) end = NULL;
  g_autofree char *first = NULL;

  g_assert_no_errno (g_mkdir (directory, 0700));
  g_assert_true (g_file_set_contents (path, "[Sync]\nbase-url='" NO_SERVER "'\n", -1, NULL));
  process = app_profile_spawn (profile, "--headless", NULL);
  read_ready (process, profile->data);
  words = g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (words), FALSE);
  first = g_data_input_stream_read_line (words, NULL, NULL, NULL);
  g_assert_true (g_str_has_prefix (bus_line, first));
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *line = NULL;
      FILE *file = g_fopen (path, "w");

      g_assert_nonnull (file);
      g_usleep (60 * 1000);
      fputs (files[i][0], file);
      fclose (file);
      if (files[i][1] == NULL)
        {
          g_usleep (600 * 1000);
          continue;
        }
      line = g_data_input_stream_read_line (words, NULL, NULL, NULL);
      g_test_message ("%s", line);
      g_assert_nonnull (strstr (line, "The changed settings are not used: "));
      g_assert_nonnull (strstr (line, files[i][1]));
    }
  /* Long enough for a line that is not meant to come. */
  g_usleep (600 * 1000);
  end = app_process_end (process, SIGTERM);
  g_assert_cmpint (end->status, ==, 0);
  g_assert_cmpstr (end->err, ==, "");
}

/* Not installed, and nobody says where the schema is: the environment alone is enough. */
static void
test_no_schema (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (AppEnd) end = NULL;

  app_profile_set (profile, "GSETTINGS_SCHEMA_DIR", NULL);
  app_profile_set (profile, "XDG_DATA_DIRS", profile->home);
  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  process = app_profile_spawn (profile, "--headless", NULL);
  read_ready (process, profile->data);
  end = app_process_end (process, SIGTERM);
  g_assert_cmpint (end->status, ==, 0);
}

static void
test_debug (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (AppEnd) end = NULL;

  app_profile_set (profile, "ERPNEXT_BASE_URL", NO_SERVER);
  app_profile_set (profile, "DEBUG", "true");
  process = app_profile_spawn (profile, "--headless", NULL);
  /* Nothing of the log may come before the `ready` line on standard output. */
  read_ready (process, profile->data);
  end = app_process_end (process, SIGTERM);
  g_assert_cmpint (end->status, ==, 0);
  g_assert_cmpstr (end->out, ==, "");
}

/* Without a display the window is refused in one line, and --headless named as the way out. */
static void
test_no_display (void)
{
  g_autoptr (AppProfile) profile = app_profile_new ();
  g_autoptr (AppEnd) end = app_profile_run (profile, NULL);

  g_assert_cmpint (end->status, !=, 0);
  assert_one_line_with (end->err, "--headless");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/headless/version-and-help", test_version);
  g_test_add_func ("/sync/headless/unknown-option", test_usage);
  g_test_add_func ("/sync/headless/missing-url", test_no_url);
  g_test_add_func ("/sync/headless/bad-setting", test_bad_setting);
  g_test_add_func ("/sync/headless/ready-and-sigterm", test_ready);
  g_test_add_func ("/sync/headless/older-copy", test_older_copy);
  g_test_add_func ("/sync/headless/sigint", test_interrupt);
  g_test_add_func ("/sync/headless/second-process", test_second_process);
  g_test_add_func ("/sync/headless/port-in-use", test_port_in_use);
  g_test_add_func ("/sync/headless/unwritable-data-directory", test_unwritable);
  g_test_add_func ("/sync/headless/settings-file", test_settings_file);
  g_test_add_func ("/sync/headless/bad-settings-file", test_bad_settings_file);
  g_test_add_func ("/sync/headless/other-site", test_other_site);
  g_test_add_func ("/sync/headless/changed-settings-file", test_changed_settings_file);
  g_test_add_func ("/sync/headless/no-schema", test_no_schema);
  g_test_add_func ("/sync/headless/debug", test_debug);
  g_test_add_func ("/sync/headless/no-display", test_no_display);
  return g_test_run ();
}
