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
  GString *line = g_string_new (NULL);
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
forget (char *text)
{
  explicit_bzero (text, strlen (text));
  g_free (text);
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

static int
set_credentials (SyncCtl *ctl)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCtlAnswer) answer = NULL;
  GString *body = g_string_new ("{\"token\":");
  char *token = read_secret (_ ("API key: "));
  char *secret = read_secret (_ ("API secret: "));

  sync_json_append_quoted (body, token);
  g_string_append (body, ",\"secret\":");
  sync_json_append_quoted (body, secret);
  g_string_append (body, ctl->in_file ? ",\"file\":true}" : "}");
  forget (token);
  forget (secret);
  answer = sync_ctl_client_call (ctl->client, "PUT", "credentials", body->str, &error);
  forget (g_string_free (body, FALSE));
  if (answer == NULL)
    return sync_ctl_fail (error);
  if (ctl->json)
    sync_ctl_print_answer (answer->text);
  else
    say_where (sync_ctl_get_string (json_node_get_object (answer->root), "source"));
  return SYNC_CTL_DONE;
}

int
sync_ctl_credentials (SyncCtl *ctl, char **arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCtlAnswer) answer = NULL;

  if (strcmp (arguments[0], "set") == 0)
    return set_credentials (ctl);
  if (strcmp (arguments[0], "clear") != 0)
    return sync_ctl_usage_error (
        _ ("“%s” is neither set nor clear; say “posawesome-syncctl credentials set” or “… clear”"), arguments[0]);
  answer = sync_ctl_client_call (ctl->client, "DELETE", "credentials", NULL, &error);
  if (answer == NULL)
    return sync_ctl_fail (error);
  if (ctl->json)
    sync_ctl_print_answer (answer->text);
  else
    g_print ("%s\n", _ ("The API key is forgotten."));
  return SYNC_CTL_DONE;
}
