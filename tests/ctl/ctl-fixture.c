/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the built posawesome-syncctl (SYNC_CTL) against a gateway in this process. */
#include "config.h"

#include "ctl-fixture.h"

#include <string.h>

const char *session_bus;

void
run_free (Run *run)
{
  g_free (run->out);
  g_free (run->errors);
  g_free (run);
}

static void
communicated_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &run->out, &run->errors, &error);
  g_assert_no_error (error);
  run->status = g_subprocess_get_exit_status (G_SUBPROCESS (source));
  run->ended = TRUE;
}

GSubprocess *
start (GatewayFixture *self, const char *command)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
    G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_auto (GStrv) arguments = NULL;
  g_autofree char *line = g_strconcat (g_getenv ("SYNC_CTL"), " ", command, NULL);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_subprocess_launcher_setenv (launcher, "POSAWESOME_SYNC_DATA_DIR", self->directory, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_CONFIG_HOME", self->directory, TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_subprocess_launcher_setenv (launcher, "TZ", "UTC", TRUE);
  g_subprocess_launcher_unsetenv (launcher, "LANGUAGE");
  /* Whatever runs in the session of whoever tests. */
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", self->directory, TRUE);
  if (session_bus == NULL)
    g_subprocess_launcher_unsetenv (launcher, "DBUS_SESSION_BUS_ADDRESS");
  else
    g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", session_bus, TRUE);
  g_assert_true (g_shell_parse_argv (line, NULL, &arguments, &error));
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) arguments, &error);
  g_assert_no_error (error);
  return process;
}

Run *
run_with_input (GatewayFixture *self, const char *command, const char *input)
{
  g_autoptr (GSubprocess) process = start (self, command);
  Run *run = g_new0 (Run, 1);

  g_subprocess_communicate_utf8_async (process, input, NULL, communicated_cb, run);
  while (!run->ended)
    g_main_context_iteration (NULL, TRUE);
  return run;
}

void
assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_test_message ("“%s” is not in: %s", part, text);
  g_assert_nonnull (strstr (text, part));
}

/* Runs a command and checks how it exits and what it says: on standard output if it is done, else on standard
 * error, in one line. */
char *
expect (GatewayFixture *self, const char *command, int status, const char *words)
{
  g_autoptr (Run) run = run_with_input (self, command, "");
  const char *said = status == 0 ? run->out : run->errors;

  if (run->status != status)
    g_test_message ("%s: exit %d\n%s%s", command, run->status, run->out, run->errors);
  g_assert_cmpint (run->status, ==, status);
  assert_contains (said, words);
  if (status != 0)
    g_assert_true (strchr (said, '\n') == said + strlen (said) - 1);
  return g_strdup (said);
}
