/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at everything that the program needs, from the disk to the server, and says what is wrong and what to
 * do. */
#include "config.h"

#include "sync-ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sync-json.h"

/* Below this the program takes no more writes. */
#define MIN_FREE_BYTES (G_GINT64_CONSTANT (250) * 1000 * 1000)

/* A clock that is further off than this is wrong. */
#define MAX_CLOCK_OFFSET_MS 60000

/* The checks made so far. */
typedef struct
{
  GString *json;    /* (owned): the list */
  gboolean words;   /* print them too */
  gboolean trouble; /* one of them failed */
} Report;

static void
add (Report *report, const char *name, gboolean well, const char *text, const char *remedy)
{
  g_string_append_printf (report->json,
                          "%s{\"check\":\"%s\",\"ok\":%s,\"message\":", report->json->len > 1 ? "," : "",
                          name, well ? "true" : "false");
  sync_json_append_quoted (report->json, text);
  if (!well)
    {
      g_string_append (report->json, ",\"remedy\":");
      sync_json_append_quoted (report->json, remedy);
    }
  g_string_append_c (report->json, '}');
  if (!well)
    report->trouble = TRUE;
  if (!report->words)
    return;
  if (well)
    g_print (_ ("good     %s\n"), text);
  else
    {
      g_autofree char *sentence = g_strdup (text);

      /* The remedy goes on in the same sentence. */
      if (g_str_has_suffix (sentence, "."))
        sentence[strlen (sentence) - 1] = '\0';
      g_print (_ ("TROUBLE  %s; %s\n"), sentence, remedy);
    }
}

static gboolean
check_directory (Report *report, const char *directory)
{
  g_autofree char *text = NULL;
  struct stat info;

  if (stat (directory, &info) != 0)
    {
      text = g_strdup_printf (_ ("the data directory %s is not there (%s)"), directory, g_strerror (errno));
      add (report, "directory", FALSE, text, _ ("start the program and set it up, or set POSAWESOME_SYNC_DATA_DIR"));
      return FALSE;
    }
  if (access (directory, W_OK | X_OK) != 0)
    {
      text = g_strdup_printf (_ ("the data directory %s cannot be written (%s)"), directory,
                              g_strerror (errno));
      add (report, "directory", FALSE, text, _ ("give it to the user who runs the program"));
      return FALSE;
    }
  if ((info.st_mode & 0077) != 0)
    {
      text = g_strdup_printf (_ ("other users can open the data directory %s"), directory);
      add (report, "directory", FALSE, text, _ ("close it with chmod 700"));
      return TRUE;
    }
  text = g_strdup_printf (_ ("the data directory is %s"), directory);
  add (report, "directory", TRUE, text, NULL);
  return TRUE;
}

static void
check_disk (Report *report, const char *directory)
{
  g_autofree char *text = NULL;
  g_autofree char *size = NULL;
  struct statvfs info;
  gint64 free_bytes;

  if (statvfs (directory, &info) != 0)
    return;
  free_bytes = (gint64) info.f_bavail * (gint64) info.f_frsize;
  size = g_format_size (free_bytes);
  text = g_strdup_printf (_ ("%s are free on its disk"), size);
  add (report, "disk", free_bytes >= MIN_FREE_BYTES, text,
       _ ("free at least 250 MB, or no more writes are taken"));
}

static void
check_condition (Report *report, JsonObject *status)
{
  const char *condition = sync_ctl_get_string (status, "condition");
  const char *url = sync_ctl_get_string (status, "baseUrl");
  g_autofree char *detail = sync_ctl_dup_line (sync_ctl_get_string (status, "conditionDetail"));
  gboolean well = g_strcmp0 (condition, "online") == 0;
  g_autofree char *text = NULL;

  if (well && sync_ctl_is_untried (status))
    {
      text = g_strdup_printf (_ ("the server %s was not tried yet"), url);
      add (report, "server", FALSE, text, _ ("look again with “posawesome-syncctl doctor”"));
      return;
    }
  if (well)
    text = g_strdup_printf (_ ("the server %s can be reached"), url);
  else if (*detail != '\0')
    text = g_strdup_printf (_ ("nothing is delivered to %s (%s)"), url, detail);
  else
    text = g_strdup_printf (_ ("nothing is delivered to %s"), url);
  add (report, "server", well, text, sync_ctl_condition_words (status));
}

static void
check_paused (Report *report, JsonObject *status)
{
  g_autofree char *types = sync_ctl_dup_texts (status, "pausedTypes", ", ");
  g_autofree char *text = g_strdup_printf (_ ("the delivery of %s is paused"), types);

  if (*types != '\0')
    add (report, "paused", FALSE, text, _ ("go on with “posawesome-syncctl resume”"));
}

static void
check_queue (Report *report, JsonObject *status)
{
  JsonObject *stats = sync_ctl_get_object (status, "queueStats");
  gint64 failed = sync_ctl_get_int (stats, "failed"),
         conflicts = sync_ctl_get_int (status, "pendingConflicts");
  gint64 undecided = sync_ctl_get_int (status, "needPerson");
  g_autofree char *text = NULL;

  if (failed + conflicts + undecided == 0)
    {
      add (report, "queue", TRUE, _ ("no request needs a person"), NULL);
      return;
    }
  text = g_strdup_printf (_ ("a person is needed: %" PRId64 " refused, %" PRId64 " not known, %" PRId64
                             " in conflict"),
                          failed, undecided, conflicts);
  add (report, "queue", FALSE, text, _ ("look with “posawesome-syncctl list”"));
}

/* Posting dates, and who wrote last, are told from the till's clock. */
static void
check_clock (Report *report, JsonObject *status)
{
  JsonNode *known = json_object_get_member (status, "serverClockOffsetMs");
  gint64 offset_ms, uncertainty_ms, seconds;
  g_autofree char *text = NULL;
  gboolean slow;

  if (known == NULL || JSON_NODE_HOLDS_NULL (known))
    return;
  offset_ms = sync_ctl_get_int (status, "serverClockOffsetMs");
  uncertainty_ms = sync_ctl_get_int (status, "serverClockUncertaintyMs");
  slow = offset_ms > 0;
  seconds = ABS (offset_ms) / 1000;
  /* A difference that the uncertainty covers is none. */
  if (ABS (offset_ms) <= MAX (MAX_CLOCK_OFFSET_MS, uncertainty_ms))
    {
      add (report, "clock", TRUE, _ ("the till's clock agrees with the server's"), NULL);
      return;
    }
  if (seconds >= 2 * 86400)
    text = g_strdup_printf (slow ? _ ("the till's clock is %" PRId64 " days slow")
                                 : _ ("the till's clock is %" PRId64 " days fast"), seconds / 86400);
  else if (seconds >= 2 * 3600)
    text = g_strdup_printf (slow ? _ ("the till's clock is %" PRId64 " hours slow")
                                 : _ ("the till's clock is %" PRId64 " hours fast"), seconds / 3600);
  else
    text = g_strdup_printf (slow ? _ ("the till's clock is %" PRId64 " min slow")
                                 : _ ("the till's clock is %" PRId64 " min fast"), (seconds + 30) / 60);
  add (report, "clock", FALSE, text, _ ("set it right, best with “timedatectl set-ntp true”"));
}

/* Restored or copied data is trouble until all of it was looked for. */
static void
check_restored (Report *report, JsonObject *status)
{
  const char *restored = sync_ctl_get_string (status, "restoreReport");
  gint64 unknown = sync_ctl_get_int (sync_ctl_get_object (status, "queueStats"), "unknown");
  g_autofree char *text = sync_ctl_dup_line (restored);

  /* What the notice says already is not said again. */
  if (*restored != '\0' && strstr (sync_ctl_get_string (status, "notice"), restored) == NULL)
    add (report, "restored", unknown == 0, text, _ ("look with “posawesome-syncctl list --status unknown”"));
}

static void
check_notice (Report *report, JsonObject *status)
{
  g_autofree char *notice = sync_ctl_dup_line (sync_ctl_get_string (status, "notice"));

  if (*notice != '\0')
    add (report, "database", FALSE, notice, _ ("keep a copy of the data directory before anything else"));
}

/* The program looks at the file of the API key at its start; what others can read by then is not used. */
static void
check_key_file (Report *report)
{
  g_autofree char *path = g_build_filename (g_get_user_config_dir (), "posawesome-sync", "credentials", NULL);
  g_autofree char *text = NULL;
  struct stat info;

  if (lstat (path, &info) != 0 || (S_ISREG (info.st_mode) && info.st_uid == geteuid () && (info.st_mode & 0077) == 0))
    return;
  text = g_strdup_printf (_ ("%s is not of this user alone, and the next start does not use it"), path);
  add (report, "key-file", FALSE, text, _ ("close it with chmod 600"));
}

/* A key is good when the server said whose it is. */
static void
check_credentials (Report *report, SyncCtlClient *client, JsonObject *status)
{
  g_autoptr (SyncCtlAnswer) answer = sync_ctl_client_call (client, "GET", "credentials", NULL, NULL);
  gboolean refused = g_strcmp0 (sync_ctl_get_string (status, "condition"), "sign-in-needed") == 0;
  g_autofree char *user = NULL;
  g_autofree char *text = NULL;
  const char *fault;

  if (answer == NULL)
    return;
  user = sync_ctl_dup_line (sync_ctl_get_string (json_node_get_object (answer->root), "user"));
  fault = sync_ctl_get_string (json_node_get_object (answer->root), "fault");
  if (!sync_ctl_get_bool (json_node_get_object (answer->root), "set") && *fault != '\0')
    {
      add (report, "credentials", FALSE, fault, _ ("put it right, and start the program again"));
      return;
    }
  check_key_file (report);
  if (!sync_ctl_get_bool (json_node_get_object (answer->root), "set"))
    add (report, "credentials", FALSE, _ ("no API key is set"),
         _ ("give one with “posawesome-syncctl credentials set”"));
  else if (refused)
    add (report, "credentials", FALSE, _ ("the server does not take the API key that is set"),
         _ ("give the right one with “posawesome-syncctl credentials set”"));
  else if (*user != '\0')
    {
      text = g_strdup_printf (_ ("the API key is that of %s"), user);
      add (report, "credentials", TRUE, text, NULL);
    }
  else
    add (report, "credentials", TRUE, _ ("an API key is set; the server has not said yet whose it is"), NULL);
}

static void
check_program (Report *report, const char *directory)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCtlClient) client = sync_ctl_client_new (directory, &error);
  g_autoptr (SyncCtlAnswer) answer = NULL;
  g_autofree char *text = NULL;
  JsonObject *status;

  /* The server is asked for it, which may take as long as its time-out. */
  if (client != NULL)
    answer = sync_ctl_client_call_patiently (client, "POST", "check", "{}", &error);
  if (answer == NULL)
    {
      add (report, "program", FALSE, error->message, _ ("then look again"));
      check_key_file (report);
      return;
    }
  status = json_node_get_object (answer->root);
  text = g_strdup_printf (_ ("the program runs, version %s"), sync_ctl_get_string (status, "version"));
  add (report, "program", TRUE, text, NULL);
  check_credentials (report, client, status);
  check_notice (report, status);
  check_condition (report, status);
  check_paused (report, status);
  check_queue (report, status);
  check_restored (report, status);
  check_clock (report, status);
}

int
sync_ctl_doctor (SyncCtl *ctl, char **arguments)
{
  Report report = { .json = g_string_new ("["), .words = !ctl->json };

  if (check_directory (&report, ctl->data_dir))
    check_disk (&report, ctl->data_dir);
  check_program (&report, ctl->data_dir);
  if (ctl->json)
    g_print ("{\"ok\":%s,\"checks\":%s]}\n", report.trouble ? "false" : "true", report.json->str);
  g_string_free (report.json, TRUE);
  return report.trouble ? SYNC_CTL_REFUSED : SYNC_CTL_DONE;
}
