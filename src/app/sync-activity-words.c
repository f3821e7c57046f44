/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thing that happened, said so that a person understands it. Pure functions; no toolkit, any thread. */
#include "config.h"

#include "sync-activity-words.h"

#include "sync-engine-words.h"
#include "sync-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* A name as the database has it, and what a person calls it. */
typedef struct
{
  const char *name;
  const char *words;
} Pair;

static const Pair verdicts[] = {
  { "delivered", N_ ("delivered") },
  { "not-done", N_ ("not taken, waits") },
  { "busy", N_ ("the server is busy") },
  { "retry", N_ ("an error that may pass") },
  { "refused", N_ ("refused") },
  { "unknown", N_ ("no clear answer, it may have arrived") },
  { "unproven", N_ ("answered without proof") },
  { "taken", N_ ("its key or name is in use") },
  { "stale", N_ ("changed on the server") },
  { "gone", N_ ("the document is not there") },
  { "ask", N_ ("not signed in, or not our server") },
  { "damaged", N_ ("its body is damaged") },
};

static const Pair conflict_types[] = {
  { "edit_edit", N_ ("also changed on the server") },
  { "edit_delete", N_ ("deleted on the server") },
  { "delete_edit", N_ ("to be deleted, and changed on the server") },
  { "submitted", N_ ("submitted on the server") },
  { "cancelled", N_ ("cancelled on the server") },
  { "renamed", N_ ("renamed on the server") },
  { "name_taken", N_ ("its name is in use on the server") },
};

static const Pair resolutions[] = {
  { "local_wins", N_ ("the till's version stands") },
  { "server_wins", N_ ("the server's version stands") },
  { "merged", N_ ("both versions were merged") },
  { "manual", N_ ("the document was written by hand") },
};

/* Why a request waits again or is looked for, where the reason is a name and not words. */
static const Pair reasons[] = {
  { "retry", N_ ("to be sent again") },         { "edit", N_ ("edited, to be sent again") },
  { "send_again", N_ ("to be sent again") },    { "absent", N_ ("looked for, not on the server") },
  { "absent_once", N_ ("looked for, not on the server yet") },
};

static const char *
find_words (const Pair *pairs, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++)
    if (g_strcmp0 (pairs[i].name, name) == 0)
      return _ (pairs[i].words);
  return NULL;
}

#define WORDS(pairs, name) find_words (pairs, G_N_ELEMENTS (pairs), name)

static const char *
what_conflict (const SyncActivity *line)
{
  if (g_strcmp0 (line->event, "asked") == 0)
    return _ ("Left to a person");
  if (g_strcmp0 (line->event, "skipped") == 0)
    return _ ("Put off");
  if (g_strcmp0 (line->event, "undone") == 0)
    return _ ("Undone");
  return line->to == SYNC_STATE_CONFLICT ? _ ("Conflict") : _ ("Decided");
}

static const char *
what_changed (const SyncActivity *line)
{
  if (line->to == SYNC_STATE_DISCARDED)
    return _ ("Given up");
  if (line->from == SYNC_STATE_DISCARDED)
    return _ ("Taken back");
  return line->to == SYNC_STATE_PENDING ? _ ("Waits again") : _ ("Being checked");
}

/**
 * sync_activity_words_what:
 * @line: of what happened
 *
 * Returns: (transfer none): in one word or two, what
 */
const char *
sync_activity_words_what (const SyncActivity *line)
{
  switch (line->kind)
    {
    case SYNC_ACTIVITY_TAKEN:
      return line->request != NULL && line->request->undo_of != 0 ? _ ("Undo taken") : _ ("Taken");
    case SYNC_ACTIVITY_TRIED:
      return _ ("Sent");
    case SYNC_ACTIVITY_DELIVERED:
      return _ ("Delivered");
    case SYNC_ACTIVITY_FAILED:
      return line->from == SYNC_STATE_SENDING ? _ ("Refused") : _ ("Failed");
    case SYNC_ACTIVITY_CONFLICT:
      return what_conflict (line);
    case SYNC_ACTIVITY_CHANGED:
      return what_changed (line);
    case SYNC_ACTIVITY_NONE:
    default:
      return "";
    }
}

/**
 * sync_activity_words_document:
 * @line: of what happened
 *
 * Returns: (transfer full): what kind of document it is, with its name where there is one; of a request that is
 *   forgotten its number
 */
char *
sync_activity_words_document (const SyncActivity *line)
{
  return line->request != NULL ? sync_words_document (line->request)
                               : g_strdup_printf (_ ("Entry %" PRId64), line->request_id);
}

/* Adds a part behind what there is already; nothing for nothing. */
static void
add (GString *text, const char *between, const char *part)
{
  if (part == NULL || *part == '\0')
    return;
  if (text->len > 0)
    g_string_append (text, between);
  g_string_append (text, part);
}

static void
add_status (GString *text, const SyncAttempt *attempt)
{
  g_autofree char *answer = NULL;

  if (attempt == NULL || attempt->http_status == 0)
    return;
  answer = g_strdup_printf (_ ("answer %u"), attempt->http_status);
  add (text, ", ", answer);
}

/* What the answer came to. To whom a right is missing is signed in, or would have to be. */
static const char *
get_verdict (const SyncAttempt *attempt)
{
  if (g_strcmp0 (attempt->verdict, "ask") == 0 && g_strcmp0 (attempt->exc_type, "PermissionError") == 0)
    return _ ("no right to do that");
  return WORDS (verdicts, attempt->verdict);
}

/* What was said when it was tried last. */
static void
add_message (GString *text, const SyncAttempt *attempt)
{
  g_autofree char *message = sync_engine_words_dup (attempt->message);

  add (text, ": ", message);
}

static void
add_try (GString *text, const SyncActivity *line)
{
  const SyncAttempt *attempt = line->attempt;
  gboolean is_last = attempt != NULL && line->request != NULL && attempt->number == line->request->attempts;

  if (attempt == NULL)
    return;
  add_status (text, attempt);
  if (attempt->verdict != NULL)
    add (text, ", ", get_verdict (attempt));
  else if (is_last && line->request->state == SYNC_STATE_SENDING)
    add (text, ", ", _ ("on its way"));
  else
    add (text, ", ", _ ("ended before an answer came"));
  if (g_strcmp0 (attempt->verdict, "delivered") != 0)
    add_message (text, attempt);
}

static void
add_delivery (GString *text, const SyncActivity *line)
{
  const SyncAttempt *attempt = line->attempt;
  g_autofree char *took = NULL;

  if (attempt == NULL)
    return;
  if (strcmp (attempt->kind, "look") == 0)
    add (text, ", ", _ ("found on the server"));
  else if (strcmp (attempt->kind, "person") == 0)
    add (text, ", ", _ ("as a person said"));
  add_status (text, attempt);
  if (strcmp (attempt->kind, "send") != 0 || attempt->duration_us < 0)
    return;
  took = sync_words_duration (attempt->duration_us / 1000);
  add (text, ", ", took);
}

/* (transfer full) (nullable): a reason in words; the names that the program uses for itself say nothing here. */
static char *
dup_reason (const SyncActivity *line)
{
  const char *known = WORDS (reasons, line->reason);

  if (known != NULL)
    return g_strdup (known);
  return line->reason != NULL && strchr (line->reason, ' ') != NULL ? sync_engine_words_dup (line->reason) : NULL;
}

static void
add_reason (GString *text, const char *between, const SyncActivity *line)
{
  g_autofree char *reason = dup_reason (line);

  add (text, between, reason);
}

static void
add_conflict (GString *text, const SyncActivity *line)
{
  if (line->to == SYNC_STATE_CONFLICT && line->event == NULL)
    {
      add_status (text, line->attempt);
      add (text, ", ", WORDS (conflict_types, line->conflict_type));
      return;
    }
  if (line->event == NULL)
    add (text, ", ", WORDS (resolutions, line->resolution));
  add_reason (text, ": ", line);
}

/**
 * sync_activity_words_outcome:
 * @line: of what happened
 *
 * Returns: (transfer full): what came of it: the server's answer and words, or the reason; "" where there is nothing to
 *   add. One line
 */
char *
sync_activity_words_outcome (const SyncActivity *line)
{
  g_autoptr (GString) text = g_string_new (NULL);

  switch (line->kind)
    {
    case SYNC_ACTIVITY_TAKEN:
      if (line->request != NULL && line->request->undo_of != 0)
        g_string_printf (text, _ ("of entry %" PRId64), line->request->undo_of);
      add_reason (text, ", ", line);
      break;
    case SYNC_ACTIVITY_TRIED:
      add_try (text, line);
      break;
    case SYNC_ACTIVITY_DELIVERED:
      add_delivery (text, line);
      break;
    case SYNC_ACTIVITY_FAILED:
      add_status (text, line->attempt);
      if (line->attempt != NULL && line->attempt->message != NULL)
        add_message (text, line->attempt);
      else
        add_reason (text, ": ", line);
      break;
    case SYNC_ACTIVITY_CONFLICT:
      add_conflict (text, line);
      break;
    case SYNC_ACTIVITY_CHANGED:
      add_reason (text, ", ", line);
      break;
    case SYNC_ACTIVITY_NONE:
    default:
      break;
    }
  return g_strdelimit (g_string_free (g_steal_pointer (&text), FALSE), "\r\n\t", ' ');
}
