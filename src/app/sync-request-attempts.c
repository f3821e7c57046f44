/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was tried with a request, in words. No toolkit; the thread of the reader. */
#include "config.h"

#include "sync-request-attempts.h"

#include "sync-engine-words.h"
#include "sync-words.h"

#include <glib/gi18n.h>

/* The last ones decide. */
#define MAX_EVIDENCE 6

static const char *
kind_words (const SyncAttempt *attempt)
{
  if (g_strcmp0 (attempt->verdict, "hooked") == 0 || g_strcmp0 (attempt->verdict, "hook_failed") == 0)
    return _ ("The shop’s hook was asked");
  if (g_strcmp0 (attempt->kind, "look") == 0)
    return _ ("Looked for");
  if (g_strcmp0 (attempt->kind, "person") == 0)
    return _ ("Decided by a person");
  return _ ("Sent");
}

/**
 * sync_request_attempt_dup_title:
 * @attempt: one
 *
 * Returns: (transfer full): what was done and when
 */
char *
sync_request_attempt_dup_title (const SyncAttempt *attempt)
{
  g_autofree char *time = sync_words_time (attempt->started_ms);

  return g_strdup_printf ("%s %s", kind_words (attempt), time);
}

/**
 * sync_request_attempt_dup_words:
 * @attempt: one
 *
 * Returns: (transfer full): what came of it
 */
char *
sync_request_attempt_dup_words (const SyncAttempt *attempt)
{
  g_autofree char *message = sync_engine_words_dup (attempt->message);
  g_autoptr (GString) text = g_string_new (NULL);

  if (attempt->http_status > 0)
    g_string_append_printf (text, _ ("answer %u"), attempt->http_status);
  if (attempt->duration_us >= 0)
    {
      g_string_append (text, text->len > 0 ? ", " : "");
      g_string_append_printf (text, _ ("%.1f s"), (double) attempt->duration_us / G_USEC_PER_SEC);
    }
  if (message != NULL && *message != '\0')
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", message);
  if (text->len == 0)
    g_string_append (text, _ ("no answer yet"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * sync_request_attempts_dup_evidence:
 * @reader: a store to read from
 * @request_id: of what
 *
 * Returns: (transfer full): the last things that were tried, a line or two each, for whoever has to decide whether it
 *   arrived
 */
char *
sync_request_attempts_dup_evidence (SyncStore *reader, gint64 request_id)
{
  g_autoptr (GPtrArray) attempts = sync_store_list_attempts (reader, request_id, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  guint first = attempts != NULL && attempts->len > MAX_EVIDENCE ? attempts->len - MAX_EVIDENCE : 0;

  for (guint i = first; attempts != NULL && i < attempts->len; i++)
    {
      const SyncAttempt *attempt = g_ptr_array_index (attempts, i);
      g_autofree char *title = sync_request_attempt_dup_title (attempt);
      g_autofree char *words = sync_request_attempt_dup_words (attempt);

      g_string_append_printf (text, "%s%s: %s", text->len > 0 ? "\n" : "", title, words);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
