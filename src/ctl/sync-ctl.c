/* SPDX-License-Identifier: GPL-3.0-or-later */
/* posawesome-syncctl: the program's command line. It finds the running program through the files
 * `gateway-port` and `gateway-token` of the data directory and speaks to its gateway. Exit 0: done; 1:
 * refused, with the reason on standard error; 2: not understood. */
#include "config.h"

#include "sync-ctl.h"

#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <string.h>

#include "sync-error.h"

#define ANY_NUMBER 1000

typedef enum
{
  OPTION_STATUS = 1 << 0,
  OPTION_BODY = 1 << 1,
  OPTION_KEY = 1 << 2,
  OPTION_TYPE = 1 << 3,
  OPTION_REASON = 1 << 4,
  OPTION_WITH_DEPENDANTS = 1 << 5,
  OPTION_DOCUMENT = 1 << 6, /* with --preview */
  OPTION_FILE = 1 << 7,
} OptionSet;

typedef struct
{
  const char *name;
  const char *usage;   /* the rest of its usage line */
  const char *summary;
  guint options;       /* OptionSet */
  guint min_arguments;
  guint max_arguments;
  gboolean by_itself;  /* works without the program */
  int (*run) (SyncCtl *ctl, char **arguments);
} Command;

static const Command commands[] = {
  { "status", "", N_ ("what waits, and why"), 0, 0, 0, FALSE, sync_ctl_status },
  { "list", "[--status S]", N_ ("what waits, or the requests of status S (“all” for every one)"),
    OPTION_STATUS, 0, 0, FALSE, sync_ctl_list },
  { "show", "ID", N_ ("all about one request"), 0, 1, 1, FALSE, sync_ctl_show },
  { "submit", "METHOD URL [--body FILE|-] [--key K]", N_ ("hand a write over"), OPTION_BODY | OPTION_KEY, 2,
    2, FALSE, sync_ctl_submit },
  { "sync", "[--type T] [ID…]", N_ ("try to deliver now, all or part"), OPTION_TYPE, 0, ANY_NUMBER, FALSE,
    sync_ctl_sync },
  { "pause", "[DURATION]", N_ ("deliver nothing, for 30s, 10m, 2h, 1d or until “resume”"), 0, 0, 1, FALSE,
    sync_ctl_pause },
  { "resume", "", N_ ("go on"), 0, 0, 0, FALSE, sync_ctl_resume },
  { "offline", "on|off", N_ ("switch the line off or on by hand"), 0, 1, 1, FALSE, sync_ctl_offline },
  { "retry", "ID…", N_ ("try refused requests again"), 0, 1, ANY_NUMBER, FALSE, sync_ctl_retry },
  { "confirm", "ID arrived [NAME]|again",
    N_ ("say of a request whose fate is not known that it arrived, or to send it again"), 0, 2, 3, FALSE,
    sync_ctl_confirm },
  { "discard", "ID… --reason R [--with-dependants]",
    N_ ("give requests up; a draft that one left on the server is deleted there"),
    OPTION_REASON | OPTION_WITH_DEPENDANTS, 1, ANY_NUMBER, FALSE, sync_ctl_discard },
  { "restore", "ID [--with-dependants]", N_ ("take a request back that was given up"), OPTION_WITH_DEPENDANTS,
    1, 1, FALSE, sync_ctl_restore },
  { "conflicts", "[ID|all]", N_ ("requests that meet another version on the server; both versions of one; also those that ended"),
    0, 0, 1, FALSE,
    sync_ctl_conflicts },
  { "resolve", "ID local_wins|server_wins|merged|manual|skip [--document FILE|-] [--preview]",
    N_ ("end conflict ID: this till's version is sent, the server's stands, fields of both or a document are sent,"
        " or it stays open"),
    OPTION_DOCUMENT, 2, 2, FALSE, sync_ctl_resolve },
  { "undo", "ID", N_ ("take back how conflict ID ended, by a new change"), 0, 1, 1, FALSE, sync_ctl_undo },
  { "hooks", "test TYPE FILE", N_ ("ask the conflict hook for TYPE about the base, local and server in FILE, and do nothing"),
    0, 3, 3, TRUE, sync_ctl_hooks },
  { "clear-old", "[DAYS]", N_ ("forget requests delivered more than DAYS (30) ago"), 0, 0, 1, FALSE,
    sync_ctl_clear_old },
  { "backup", "DIR", N_ ("copy the queue into the directory DIR, for a restore"), 0, 1, 1, FALSE,
    sync_ctl_backup },
  { "keys", "[make TYPE…]", N_ ("of which documents ERPNext enforces the key; make the field, as a System Manager"), 0, 0,
    ANY_NUMBER, FALSE, sync_ctl_keys },
  { "credentials", "set|clear [--file]", N_ ("give the API key and secret (read from standard input), or forget them"),
    OPTION_FILE, 1, 1, FALSE, sync_ctl_credentials },
  { "doctor", "", N_ ("look for what is wrong, and say what to do"), 0, 0, 0, TRUE, sync_ctl_doctor },
  { "watch", "", N_ ("print what happens, until Ctrl+C"), 0, 0, 0, FALSE, sync_ctl_watch },
};

/* Prints a line about wrong usage; returns the exit status. */
int
sync_ctl_usage_error (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("posawesome-syncctl: %s\n", text);
  return SYNC_CTL_USAGE;
}

/* Prints why something was refused; returns the exit status. */
int
sync_ctl_fail (const GError *error)
{
  g_printerr ("posawesome-syncctl: %s\n", error->message);
  return SYNC_CTL_REFUSED;
}

/* The same for a decision about request @id, 0 if it is about several: each line says which request is meant, as the
 * program itself does where it speaks of the request. */
int
sync_ctl_fail_request (const GError *error, gint64 id)
{
  g_autofree char *name = g_strdup_printf ("request %" PRId64, id);

  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
    g_printerr (_ ("posawesome-syncctl: %s; see “posawesome-syncctl list --status all”\n"), error->message);
  else if (id != 0 && strstr (error->message, name) == NULL)
    g_printerr (_ ("posawesome-syncctl: request %" PRId64 ": %s\n"), id, error->message);
  else
    return sync_ctl_fail (error);
  return SYNC_CTL_REFUSED;
}

/* Reads an id; complains if it is none. */
gboolean
sync_ctl_parse_id (const char *text, gint64 *id)
{
  if (g_ascii_string_to_signed (text, 10, 1, G_MAXINT64, id, NULL))
    return TRUE;
  sync_ctl_usage_error (_ ("“%s” is no request's number; see “posawesome-syncctl list”"), text);
  return FALSE;
}

/* The same of a conflict, which has a number of its own. */
gboolean
sync_ctl_parse_conflict (const char *text, gint64 *id)
{
  if (g_ascii_string_to_signed (text, 10, 1, G_MAXINT64, id, NULL))
    return TRUE;
  sync_ctl_usage_error (_ ("“%s” is no conflict's number; see “posawesome-syncctl conflicts”"), text);
  return FALSE;
}

/* A call that failed: it is about the request in its path, about several, or about a conflict. */
static int
fail_call (const char *path, const GError *error)
{
  const char *request = g_str_has_prefix (path, "requests/") ? path + strlen ("requests/") : "";

  if (g_str_has_prefix (path, "conflicts"))
    return sync_ctl_fail (error);
  return sync_ctl_fail_request (error, g_ascii_strtoll (request, NULL, 10));
}

/* (transfer full) (nullable): the answer, for the caller to put into words; NULL if all is said, with the exit status in
 * @status: the call failed, or JSON was wanted. */
SyncCtlAnswer *
sync_ctl_call (SyncCtl *ctl, const char *method, const char *path, const char *body, int *status)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_client_call (ctl->client, method, path, body, &error);

  *status = answer != NULL ? SYNC_CTL_DONE : fail_call (path, error);
  if (answer == NULL || !ctl->json)
    return g_steal_pointer (&answer);
  sync_ctl_print_answer (answer->text);
  return NULL;
}

static const Command *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_strcmp0 (name, commands[i].name) == 0)
      return &commands[i];
  return NULL;
}

static char *
dup_summary (void)
{
  GString *text = g_string_new (_ ("Commands:"));

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (text, "\n  %s %s\n      %s", commands[i].name, commands[i].usage,
                            _ (commands[i].summary));
  g_string_append_printf (text, "\n\n%s",
                          _ ("The program's data directory is $POSAWESOME_SYNC_DATA_DIR, else "
                             "posawesome-sync in the user's data."));
  return g_string_free (text, FALSE);
}

static char *
dup_command_names (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", commands[i].name);
  return g_string_free (text, FALSE);
}

static void
add_option (GArray *entries, const char *name, GOptionArg kind, gpointer place, const char *description,
            const char *value)
{
  GOptionEntry entry = { name, 0, 0, kind, place, description, value };

  g_array_append_val (entries, entry);
}

static GArray *
options_of (SyncCtl *ctl, const Command *command)
{
  GArray *entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  add_option (entries, "json", G_OPTION_ARG_NONE, &ctl->json, N_ ("Answer as JSON"), NULL);
  if (command == NULL)
    return entries;
  if ((command->options & OPTION_STATUS) != 0)
    add_option (entries, "status", G_OPTION_ARG_STRING, &ctl->status,
                N_ ("pending, sending, unknown, conflict, failed, completed, discarded or all"), "S");
  if ((command->options & OPTION_BODY) != 0)
    add_option (entries, "body", G_OPTION_ARG_FILENAME, &ctl->body,
                N_ ("A file with JSON, - for standard input"), "FILE");
  if ((command->options & OPTION_KEY) != 0)
    add_option (entries, "key", G_OPTION_ARG_STRING, &ctl->key, N_ ("The idempotency key of an earlier try"),
                "K");
  if ((command->options & OPTION_TYPE) != 0)
    add_option (entries, "type", G_OPTION_ARG_STRING_ARRAY, &ctl->types, N_ ("Only documents of this type"),
                "T");
  if ((command->options & OPTION_REASON) != 0)
    add_option (entries, "reason", G_OPTION_ARG_STRING, &ctl->reason, N_ ("Why it is given up"), "R");
  if ((command->options & OPTION_WITH_DEPENDANTS) != 0)
    add_option (entries, "with-dependants", G_OPTION_ARG_NONE, &ctl->with_dependants,
                N_ ("Also what depends on it"), NULL);
  if ((command->options & OPTION_DOCUMENT) != 0)
    {
      add_option (entries, "document", G_OPTION_ARG_FILENAME, &ctl->document,
                  N_ ("The fields to write, a JSON object; - for standard input"), "FILE");
      add_option (entries, "preview", G_OPTION_ARG_NONE, &ctl->preview, N_ ("Only print what would be written"), NULL);
    }
  if ((command->options & OPTION_FILE) != 0)
    add_option (entries, "file", G_OPTION_ARG_NONE, &ctl->in_file,
                N_ ("Where there is no Secret Service, keep them in a file that only this user can read"), NULL);
  return entries;
}

/* Parses the options before the command (@command NULL), or the command's. */
static gboolean
parse (SyncCtl *ctl, const Command *command, gboolean *version, char ***arguments, GError **error)
{
  g_autofree char *parameters = command != NULL ? g_strdup_printf ("%s %s", command->name, command->usage)
                                                : g_strdup (_ ("COMMAND …"));
  g_autoptr (GOptionContext) context = g_option_context_new (parameters);
  g_autoptr (GArray) entries = options_of (ctl, command);
  g_autofree char *summary = command != NULL ? g_strdup (_ (command->summary)) : dup_summary ();

  if (command == NULL)
    add_option (entries, "version", G_OPTION_ARG_NONE, version, N_ ("Print the version"), NULL);
  g_option_context_add_main_entries (context, (GOptionEntry *) (gpointer) entries->data, GETTEXT_PACKAGE);
  g_option_context_set_strict_posix (context, command == NULL);
  g_option_context_set_summary (context, summary);
  return g_option_context_parse_strv (context, arguments, error);
}

static void
sync_ctl_clear (SyncCtl *ctl)
{
  g_free (ctl->status);
  g_free (ctl->body);
  g_free (ctl->key);
  g_free (ctl->reason);
  g_free (ctl->document);
  g_strfreev (ctl->types);
  g_free (ctl->data_dir);
  g_clear_pointer (&ctl->client, sync_ctl_client_free);
}

static char *
dup_data_dir (void)
{
  const char *directory = g_getenv ("POSAWESOME_SYNC_DATA_DIR");

  if (directory != NULL && *directory != '\0')
    return g_strdup (directory);
  return g_build_filename (g_get_user_data_dir (), "posawesome-sync", NULL);
}

/* Too few arguments, or too many. */
static int
refuse_number (const Command *command, char **arguments, guint n)
{
  g_autofree char *usage = g_strchomp (g_strdup_printf ("posawesome-syncctl %s %s", command->name, command->usage));

  if (n < command->min_arguments)
    return sync_ctl_usage_error (_ ("something is missing; usage: %s"), usage);
  return sync_ctl_usage_error (_ ("“%s” is too much; usage: %s"), arguments[command->max_arguments], usage);
}

static int
run_command (SyncCtl *ctl, const Command *command, char ***arguments)
{
  g_autoptr (GError) error = NULL;
  guint n;

  if (!parse (ctl, command, NULL, arguments, &error))
    return sync_ctl_usage_error (_ ("%s; see “posawesome-syncctl %s --help”"), error->message, command->name);
  n = g_strv_length (*arguments) - 1;
  if (n < command->min_arguments || n > command->max_arguments)
    return refuse_number (command, *arguments + 1, n);
  ctl->data_dir = dup_data_dir ();
  if (!command->by_itself)
    {
      ctl->client = sync_ctl_client_new (ctl->data_dir, &error);
      if (ctl->client == NULL)
        return sync_ctl_fail (error);
    }
  return command->run (ctl, *arguments + 1);
}

static int
run_arguments (SyncCtl *ctl, char ***arguments)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *names = dup_command_names ();
  g_auto (GStrv) rest = NULL;
  gboolean version = FALSE;
  const Command *command;

  if (!parse (ctl, NULL, &version, arguments, &error))
    return sync_ctl_usage_error (_ ("%s; see “posawesome-syncctl --help”"), error->message);
  if (version)
    {
      g_print ("posawesome-syncctl %s\n", SYNC_VERSION);
      return SYNC_CTL_DONE;
    }
  if ((*arguments)[1] == NULL)
    return sync_ctl_usage_error (_ ("a command is missing; there are %s (“posawesome-syncctl --help” explains them)"),
                                 names);
  command = find_command ((*arguments)[1]);
  if (command == NULL)
    return sync_ctl_usage_error (
        _ ("there is no command “%s”; there are %s (“posawesome-syncctl --help” explains them)"), (*arguments)[1],
        names);
  rest = g_strdupv (*arguments + 1);
  return run_command (ctl, command, &rest);
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) arguments = NULL;
  SyncCtl ctl = { 0 };
  int status;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  arguments = g_strdupv (argv);
  status = run_arguments (&ctl, &arguments);
  sync_ctl_clear (&ctl);
  return status;
}
