/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine knows, said so that a cashier understands it. Pure functions from values to text, in the user's
 * language; no toolkit, any thread. */
#include "config.h"

#include "sync-words.h"

#include "sync-engine-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* A clock that is off by less than that is as good as right. */
#define CLOCK_MATTERS_S 5

/**
 * sync_words_count_undelivered:
 * @counts: the queue's counts
 *
 * Returns: how many requests have been accepted and have neither been delivered nor given up
 */
guint
sync_words_count_undelivered (const SyncCounts *counts)
{
  return counts->total - counts->n[SYNC_STATE_COMPLETED] - counts->n[SYNC_STATE_DISCARDED];
}

/**
 * sync_words_count_waiting:
 * @counts: the queue's counts
 *
 * Returns: how many of the undelivered requests the engine still brings away by itself; the others need a person
 */
guint
sync_words_count_waiting (const SyncCounts *counts)
{
  return counts->n[SYNC_STATE_PENDING] + counts->n[SYNC_STATE_SENDING] + counts->n[SYNC_STATE_UNKNOWN]
         - counts->needs_person;
}

/**
 * sync_words_time:
 * @wall_ms: wall clock, milliseconds since the epoch
 *
 * Returns: (transfer full): the local time of day, with the date in front if it is not today's; "" for 0
 */
char *
sync_words_time (gint64 wall_ms)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) then = NULL;
  g_autoptr (GDateTime) now = NULL;
  gboolean today;

  if (wall_ms <= 0)
    return g_strdup ("");
  utc = g_date_time_new_from_unix_utc (wall_ms / 1000);
  then = g_date_time_to_local (utc);
  now = g_date_time_new_now_local ();
  today = g_date_time_get_year (now) == g_date_time_get_year (then)
          && g_date_time_get_day_of_year (now) == g_date_time_get_day_of_year (then);
  /* Translators: a time of day, and a day with a time of day; see strftime(3). */
  return g_date_time_format (then, today ? _ ("%H:%M:%S") : _ ("%Y-%m-%d %H:%M"));
}

/**
 * sync_words_duration:
 * @ms: milliseconds, not below zero
 *
 * Returns: (transfer full): as much time, roughly, in the largest unit that it fills
 */
char *
sync_words_duration (gint64 ms)
{
  if (ms < 1000)
    /* Translators: milliseconds, as short as it can be; so are the next four. */
    return g_strdup_printf (_ ("%d ms"), (int) ms);
  if (ms < 10 * 1000)
    return g_strdup_printf (_ ("%.1f s"), (double) ms / 1000);
  if (ms < 2 * 60 * 1000)
    return g_strdup_printf (_ ("%d s"), (int) (ms / 1000));
  if (ms < 2 * 3600 * 1000)
    return g_strdup_printf (_ ("%d min"), (int) (ms / 60000));
  if (ms < 2 * 86400 * 1000)
    return g_strdup_printf (_ ("%d h"), (int) (ms / 3600000));
  return g_strdup_printf (ngettext ("%d day", "%d days", (int) (ms / 86400000)), (int) (ms / 86400000));
}

/**
 * sync_words_waiting:
 * @n: how many wait
 * @only_sales: whether all of them are sales
 *
 * Returns: (transfer full): a sentence that says so
 */
char *
sync_words_waiting (guint n, gboolean only_sales)
{
  if (n == 0)
    return g_strdup (_ ("Nothing is waiting."));
  if (only_sales)
    return g_strdup_printf (ngettext ("%u sale is waiting.", "%u sales are waiting.", n), n);
  return g_strdup_printf (ngettext ("%u entry is waiting.", "%u entries are waiting.", n), n);
}

static char *
online_words (const SyncSnapshot *snapshot, guint waiting)
{
  gint64 later_ms = sync_snapshot_get_later_try_ms (snapshot);
  g_autofree char *time = NULL;

  if (snapshot->state == SYNC_ENGINE_SYNCING && waiting > 0)
    return g_strdup (_ ("Delivery is under way."));
  if (waiting > 0 && later_ms > 0)
    {
      time = sync_words_time (later_ms);
      return g_strdup_printf (_ ("Next try at %s."), time);
    }
  if (sync_words_count_undelivered (&snapshot->counts) == 0 && snapshot->last_sync_ms > 0)
    {
      time = sync_words_time (snapshot->last_sync_ms);
      return g_strdup_printf (_ ("All was in order at %s."), time);
    }
  return NULL;
}

/* A sentence that ends in the time of the next try, if there is one to wait for. */
static char *
with_next_try (const SyncSnapshot *snapshot, const char *plain, const char *with_time)
{
  gint64 later_ms = sync_snapshot_get_later_try_ms (snapshot);
  g_autofree char *time = sync_words_time (later_ms);

  if (later_ms == 0)
    return g_strdup (plain);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return g_strdup_printf (with_time, time);
#pragma GCC diagnostic pop
}

static char *
condition_words (const SyncSnapshot *snapshot, guint waiting)
{
  g_autofree char *time = NULL;

  switch (snapshot->condition)
    {
    case SYNC_CONDITION_OFFLINE:
      if (snapshot->offline_by_hand)
        return g_strdup (_ ("Working off line, as somebody switched by hand."));
      return with_next_try (snapshot, _ ("The server cannot be reached."),
                            _ ("The server cannot be reached; next try at %s."));
    case SYNC_CONDITION_PAUSED:
      if (snapshot->paused_until_ms <= 0)
        return g_strdup (_ ("Delivery is paused until you resume it."));
      time = sync_words_time (snapshot->paused_until_ms);
      return g_strdup_printf (_ ("Delivery is paused until %s."), time);
    case SYNC_CONDITION_SIGN_IN_NEEDED:
      return g_strdup (_ ("The server does not know this till: its API key and secret are missing or wrong."));
    case SYNC_CONDITION_NOT_OUR_SERVER:
      return with_next_try (snapshot, _ ("Something else answers at the server's address."),
                            _ ("Something else answers at the server's address; next try at %s."));
    case SYNC_CONDITION_THROTTLED:
      return with_next_try (snapshot, _ ("The server asks to wait."), _ ("The server asks to wait; next try at %s."));
    case SYNC_CONDITION_STORAGE_TROUBLE:
      return g_strdup (_ ("This computer's disk does not take new entries."));
    case SYNC_CONDITION_ONLINE:
    default:
      return online_words (snapshot, waiting);
    }
}

/* What alone is paused while the rest goes on, and for how long; %NULL if nothing is. */
static char *
paused_words (const SyncSnapshot *snapshot)
{
  g_autofree char *types = NULL;
  g_autofree char *time = NULL;

  if (snapshot->paused_types == NULL)
    return NULL;
  types = g_strjoinv (", ", snapshot->paused_types);
  if (snapshot->paused_until_ms <= 0)
    return g_strdup_printf (_ ("Delivery of %s is paused until you resume it."), types);
  time = sync_words_time (snapshot->paused_until_ms);
  return g_strdup_printf (_ ("Delivery of %s is paused until %s."), types, time);
}

/**
 * sync_words_status:
 * @snapshot: how the engine stands
 * @only_sales: whether all that waits are sales
 *
 * What needs a person does not wait; sync_words_needs() tells of it.
 *
 * Returns: (transfer full): what waits and why, in one to three sentences
 */
char *
sync_words_status (const SyncSnapshot *snapshot, gboolean only_sales)
{
  guint waiting = sync_words_count_waiting (&snapshot->counts);
  g_autofree char *what = sync_words_waiting (waiting, only_sales);
  g_autofree char *why = condition_words (snapshot, waiting);
  g_autofree char *paused = paused_words (snapshot);
  GString *text = g_string_new (what);

  if (why != NULL)
    g_string_append_printf (text, " %s", why);
  if (paused != NULL)
    g_string_append_printf (text, " %s", paused);
  return g_string_free (text, FALSE);
}

/**
 * sync_words_refused:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full) (nullable): how many entries the server refused, or %NULL if none
 */
char *
sync_words_refused (const SyncSnapshot *snapshot)
{
  guint n = snapshot->counts.n[SYNC_STATE_FAILED];

  if (n == 0)
    return NULL;
  return g_strdup_printf (ngettext ("The server refused %u entry.", "The server refused %u entries.", n), n);
}

/**
 * sync_words_conflicts:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full) (nullable): how many conflicts are open, or %NULL if none
 */
char *
sync_words_conflicts (const SyncSnapshot *snapshot)
{
  guint n = snapshot->counts.n[SYNC_STATE_CONFLICT];

  if (n == 0)
    return NULL;
  return g_strdup_printf (ngettext ("%u entry was also changed on the server.",
                                    "%u entries were also changed on the server.", n),
                          n);
}

/**
 * sync_words_unsure:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full) (nullable): how many entries may have arrived, which only a person can find out, or %NULL
 *   if none
 */
char *
sync_words_unsure (const SyncSnapshot *snapshot)
{
  guint n = snapshot->counts.needs_person;

  if (n == 0)
    return NULL;
  return g_strdup_printf (ngettext ("For %u entry somebody has to look whether it arrived.",
                                    "For %u entries somebody has to look whether they arrived.", n),
                          n);
}

/**
 * sync_words_needs:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full) (nullable): what a person has to look at, in one to three sentences, or %NULL if nothing
 */
char *
sync_words_needs (const SyncSnapshot *snapshot)
{
  char *const sentences[] = { sync_words_refused (snapshot), sync_words_conflicts (snapshot), sync_words_unsure (snapshot) };
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (sentences); i++)
    {
      if (sentences[i] == NULL)
        continue;
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", sentences[i]);
      g_free (sentences[i]);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/**
 * sync_words_not_tried:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer none) (nullable): which switch keeps the engine from trying anything now, or that it has no key; %NULL
 *   if it is none of them
 */
const char *
sync_words_not_tried (const SyncSnapshot *snapshot)
{
  if (snapshot->offline_by_hand)
    return _ ("Nothing is tried while the line is switched off by hand.");
  if (snapshot->paused && snapshot->paused_types == NULL)
    return _ ("Nothing is tried while delivery is paused.");
  if (snapshot->condition == SYNC_CONDITION_SIGN_IN_NEEDED)
    return _ ("Nothing is tried while the till has no API key.");
  return NULL;
}

/**
 * sync_words_close:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full): whether the shift can be closed, or what stands in the way
 */
char *
sync_words_close (const SyncSnapshot *snapshot)
{
  guint n = sync_words_count_undelivered (&snapshot->counts);

  if (snapshot->safe_to_close)
    return g_strdup (_ ("Safe to close the shift"));
  if (n == 0)
    return g_strdup (_ ("Not safe to close the shift yet"));
  return g_strdup_printf (ngettext ("Do not close the shift yet: %u entry is not on the server",
                                    "Do not close the shift yet: %u entries are not on the server", n),
                          n);
}

/**
 * sync_words_detail:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full) (nullable): the most urgent of what there is to say beside the sentences, of which some are
 *   the transport's or the server's own words; %NULL if nothing
 */
char *
sync_words_detail (const SyncSnapshot *snapshot)
{
  if (snapshot->notice != NULL)
    return sync_engine_words_dup (snapshot->notice);
  if (snapshot->restore_report != NULL && snapshot->counts.n[SYNC_STATE_UNKNOWN] > 0)
    return sync_engine_words_dup (snapshot->restore_report);
  if (snapshot->condition == SYNC_CONDITION_ONLINE || snapshot->condition == SYNC_CONDITION_PAUSED)
    return NULL;
  return sync_engine_words_dup (snapshot->condition_detail);
}

/**
 * sync_words_condition:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer none): how the connection is, in a word or two
 */
const char *
sync_words_condition (const SyncSnapshot *snapshot)
{
  switch (snapshot->condition)
    {
    case SYNC_CONDITION_OFFLINE:
      return snapshot->offline_by_hand ? _ ("off line by hand") : _ ("cannot be reached");
    case SYNC_CONDITION_PAUSED:
      return _ ("paused");
    case SYNC_CONDITION_SIGN_IN_NEEDED:
      return _ ("needs its API key");
    case SYNC_CONDITION_NOT_OUR_SERVER:
      return _ ("something else answers");
    case SYNC_CONDITION_THROTTLED:
      return _ ("asks to wait");
    case SYNC_CONDITION_STORAGE_TROUBLE:
      return _ ("disk in trouble");
    case SYNC_CONDITION_ONLINE:
    default:
      return snapshot->tried_ms > 0 ? _ ("connected") : _ ("not asked yet");
    }
}

/**
 * sync_words_last_sync:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full): when all that was due had last been delivered, and how long that took
 */
char *
sync_words_last_sync (const SyncSnapshot *snapshot)
{
  g_autofree char *time = sync_words_time (snapshot->last_sync_ms);

  if (snapshot->last_sync_ms == 0)
    return g_strdup (_ ("never"));
  /* Translators: a time, and a number of seconds. */
  return g_strdup_printf (_ ("%s, in %.1f s"), time, (double) snapshot->last_duration_ms / 1000);
}

/**
 * sync_words_clock_offset:
 * @ahead_ms: the server's clock minus this computer's, milliseconds
 *
 * Returns: (transfer full) (nullable): how far this computer's clock is from the server's; %NULL if that is nothing to
 *   speak of
 */
char *
sync_words_clock_offset (gint64 ahead_ms)
{
  gint64 off_s = (ahead_ms + (ahead_ms < 0 ? -500 : 500)) / 1000;

  if (ABS (off_s) < CLOCK_MATTERS_S)
    return NULL;
  if (off_s > 0)
    return g_strdup_printf (ngettext ("%u second behind the server’s", "%u seconds behind the server’s", (gulong) off_s),
                            (guint) off_s);
  return g_strdup_printf (ngettext ("%u second ahead of the server’s", "%u seconds ahead of the server’s", (gulong) -off_s),
                          (guint) -off_s);
}

/**
 * sync_words_clock:
 * @snapshot: how the engine stands
 *
 * Returns: (transfer full) (nullable): how far this computer's clock is from the server's; %NULL if that is not known,
 *   or nothing to speak of
 */
char *
sync_words_clock (const SyncSnapshot *snapshot)
{
  return snapshot->server_clock_known ? sync_words_clock_offset (snapshot->server_clock_offset_ms) : NULL;
}

/* How long something takes, as people say it. */
static char *
duration_words (double seconds)
{
  guint n = (guint) (seconds + 0.5);

  if (n < 60)
    return g_strdup_printf (ngettext ("%u second", "%u seconds", n), n);
  n = (n + 30) / 60;
  if (n < 120)
    return g_strdup_printf (ngettext ("%u minute", "%u minutes", n), n);
  n = (n + 30) / 60;
  return g_strdup_printf (ngettext ("%u hour", "%u hours", n), n);
}

/**
 * sync_words_progress:
 * @snapshot: how the engine stands
 * @per_second: how many are delivered a second, 0: not known
 *
 * Returns: (transfer full): how far the running delivery is, and how long it will take
 */
char *
sync_words_progress (const SyncSnapshot *snapshot, double per_second)
{
  g_autofree char *done = g_strdup_printf (_ ("%u of %u delivered"), snapshot->progress_done, snapshot->progress_total);
  g_autofree char *left = NULL;

  if (per_second <= 0 || snapshot->progress_done >= snapshot->progress_total)
    return g_steal_pointer (&done);
  left = duration_words ((snapshot->progress_total - snapshot->progress_done) / per_second);
  /* Translators: “12 of 80 delivered”, a number, and “20 seconds”. */
  return g_strdup_printf (_ ("%s, %.1f a second, %s left"), done, per_second, left);
}

/**
 * sync_words_state:
 * @state: of a request
 *
 * Returns: (transfer none): the state as the list shows it
 */
const char *
sync_words_state (SyncState state)
{
  switch (state)
    {
    case SYNC_STATE_PENDING:
      return _ ("Waiting");
    case SYNC_STATE_SENDING:
      return _ ("On its way");
    case SYNC_STATE_UNKNOWN:
      return _ ("Being checked");
    case SYNC_STATE_CONFLICT:
      return _ ("Changed on the server");
    case SYNC_STATE_FAILED:
      return _ ("Refused");
    case SYNC_STATE_COMPLETED:
      return _ ("Delivered");
    case SYNC_STATE_DISCARDED:
      return _ ("Given up");
    default:
      return "";
    }
}

/**
 * sync_words_waits_for:
 * @request: a request that waits for another one of the same document
 *
 * Returns: (transfer full): which one, and how that stands
 */
char *
sync_words_waits_for (const SyncRequest *request)
{
  /* Translators: a number, and a state like “Refused”. */
  return g_strdup_printf (_ ("after entry %" PRId64 " (%s)"), request->waits_for,
                          sync_words_state (request->waits_for_state));
}

/**
 * sync_words_type:
 * @request: a request
 *
 * Returns: (transfer none): what kind of document it is, in the user's language where the kind is a common one
 */
const char *
sync_words_type (const SyncRequest *request)
{
  if (sync_request_is_sale (request))
    return _ ("Sale");
  if (request->resource_type == NULL)
    return _ ("Other");
  if (strcmp (request->resource_type, "Payment Entry") == 0)
    return _ ("Payment");
  if (strcmp (request->resource_type, "Customer") == 0)
    return _ ("Customer");
  if (strcmp (request->resource_type, "Address") == 0)
    return _ ("Address");
  if (strcmp (request->resource_type, "Sales Order") == 0)
    return _ ("Order");
  return request->resource_type;
}

/**
 * sync_words_document:
 * @request: a request
 *
 * Returns: (transfer full): what it is about: the kind of document, and its name once it has one; of a deletion that it
 *   is one
 */
char *
sync_words_document (const SyncRequest *request)
{
  const char *type = sync_words_type (request);
  const char *name = sync_request_get_document_name (request);
  g_autofree char *document = name != NULL && *name != '\0' ? g_strdup_printf ("%s %s", type, name) : g_strdup (type);

  if (g_strcmp0 (request->action, sync_action_to_string (SYNC_ACTION_DELETE)) != 0)
    return g_steal_pointer (&document);
  /* Translators: of a document such as “Sale ACC-SINV-2026-00001”. */
  return g_strdup_printf (_ ("Deletion of %s"), document);
}

/**
 * sync_words_amount:
 * @summary: of a request
 *
 * Returns: (transfer full) (nullable): how much, with its currency if there is one
 */
char *
sync_words_amount (const SyncSummary *summary)
{
  return summary->currency != NULL ? g_strconcat (summary->amount, " ", summary->currency, NULL)
                                   : g_strdup (summary->amount);
}
