/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The API key and secret, read from the terminal without echo or from standard input: arguments and
 * environment can be read by other programs of the machine. */
#include "config.h"

#include "sync-ctl.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "sync-json.h"
#include "sync-secret.h"

/* Room for any key or call, so that none is moved in memory, which would leave copies. */
#define LONGEST_CALL 4096

static struct termios terminal; /* as it was, for the signal handler */

static void
restore_terminal (int number)
{
  tcsetattr (STDIN_FILENO, TCSANOW, &terminal);
  signal (number, SIG_DFL);
  raise (number);
}

static char *
read_line (void)
{
  GString *line = g_string_sized_new (LONGEST_CALL);
  int c;

  while ((c = getc (stdin)) != EOF && c != '\n')
    g_string_append_c (line, (char) c);
  return g_strstrip (g_string_free (line, FALSE));
}

static char *
read_secret (const char *prompt)
{
  struct termios quiet;
  char *line;

  if (!isatty (STDIN_FILENO) || tcgetattr (STDIN_FILENO, &terminal) != 0)
    return read_line ();
  g_printerr ("%s", prompt);
  quiet = terminal;
  quiet.c_lflag &= ~(tcflag_t) ECHO;
  signal (SIGINT, restore_terminal);
  signal (SIGTERM, restore_terminal);
  tcsetattr (STDIN_FILENO, TCSANOW, &quiet);
  line = read_line ();
  tcsetattr (STDIN_FILENO, TCSANOW, &terminal);
  signal (SIGINT, SIG_DFL);
  signal (SIGTERM, SIG_DFL);
  g_printerr ("\n");
  return line;
}

static void
say_where (const char *source)
{
  if (strcmp (source, "session") == 0)
    g_print ("%s\n", _ ("The API key is set until the program ends; there is no Secret Service to keep it (--file keeps it"
                        " in a file that only this user can read)."));
  else if (strcmp (source, "file") == 0)
    g_print ("%s\n", _ ("The API key is set. It is kept in a file that only this user can read."));
  else
    g_print ("%s\n", _ ("The API key is set."));
}

/* What the server makes of the key; nothing if it cannot be asked now. */
static int
say_whose (SyncCtl *ctl)
{
  g_autoptr (SyncCtlAnswer) asked = sync_ctl_client_call_patiently (ctl->client, "POST", "check", "{}", NULL);
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_client_call (ctl->client, "GET", "credentials", NULL, NULL);
  g_autofree char *user = NULL;

  if (asked == NULL || answer == NULL)
    return SYNC_CTL_DONE;
  if (strcmp (sync_ctl_get_string (json_node_get_object (asked->root), "condition"), "sign-in-needed") == 0)
    {
      g_printerr ("posawesome-syncctl: %s\n", _ ("ERPNext answers, but does not know this API key and secret."));
      return SYNC_CTL_REFUSED;
    }
  user = sync_ctl_dup_line (sync_ctl_get_string (json_node_get_object (answer->root), "user"));
  if (*user != '\0')
    {
      g_print (_ ("ERPNext answers, and knows this till as %s."), user);
      g_print ("\n");
    }
  return SYNC_CTL_DONE;
}

static int
set_credentials (SyncCtl *ctl)
{
  g_autoptr (SyncCtlAnswer) answer = NULL;
  int status;
  GString *body = g_string_sized_new (LONGEST_CALL);
  char *token = read_secret (_ ("API key: "));
  char *secret = read_secret (_ ("API secret: "));

  g_string_append (body, "{\"token\":");
  sync_json_append_quoted (body, token);
  g_string_append (body, ",\"secret\":");
  sync_json_append_quoted (body, secret);
  g_string_append (body, ctl->in_file ? ",\"file\":true}" : "}");
  sync_secret_free (token);
  sync_secret_free (secret);
  answer = sync_ctl_call (ctl, "PUT", "credentials", body->str, &status);
  sync_secret_free (g_string_free (body, FALSE));
  if (answer == NULL)
    return status;
  say_where (sync_ctl_get_string (json_node_get_object (answer->root), "source"));
  return say_whose (ctl);
}

int
sync_ctl_credentials (SyncCtl *ctl, char **arguments)
{
  g_autoptr (SyncCtlAnswer) answer = NULL;
  int status;

  if (strcmp (arguments[0], "set") == 0)
    return set_credentials (ctl);
  if (strcmp (arguments[0], "clear") != 0)
    return sync_ctl_usage_error (
        _ ("“%s” is neither set nor clear; say “posawesome-syncctl credentials set” or “… clear”"), arguments[0]);
  answer = sync_ctl_call (ctl, "DELETE", "credentials", NULL, &status);
  if (answer != NULL)
    g_print ("%s\n", _ ("The API key is forgotten."));
  return status;
}
