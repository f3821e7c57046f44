/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What engine and store say is known again, and said in the user's language; what anybody else says stays. */
#include "sync-activity-words.h"
#include "sync-conflict-decision.h"
#include "sync-engine-words.h"
#include "sync-request-attempts.h"
#include "sync-words.h"

#include <libintl.h>
#include <locale.h>

static void
assert_filled (const char *message, const char *sentence, const char *words, const char *expected)
{
  g_autofree char *text = sync_engine_words_dup_filled (message, sentence, words);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_words (const char *message, const char *expected)
{
  g_autofree char *text = sync_engine_words_dup (message);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_stays (const char *message)
{
  assert_words (message, message);
}

static void
test_matching (void)
{
  assert_filled ("it is so", "it is so", "es ist so", "es ist so");
  assert_filled ("it is so.", "it is so", "es ist so", NULL);
  assert_filled ("it is s", "it is so", "es ist so", NULL);
  assert_filled ("request 7 was given up", "request %s was given up", "Eintrag %s wurde aufgegeben",
                 "Eintrag 7 wurde aufgegeben");
  assert_filled ("request 7 was given up again", "request %s was given up", "Eintrag %s wurde aufgegeben", NULL);
  assert_filled ("a request 7 was given up", "request %s was given up", "Eintrag %s wurde aufgegeben", NULL);
  assert_filled ("Note cannot be read: no", "%s cannot be read: %s", "%s ist nicht zu lesen: %s",
                 "Note ist nicht zu lesen: no");
  /* The end is the last one, and what came before is not counted twice. */
  assert_filled ("the (a) (b)", "the (%s)", "die (%s)", "die (a) (b)");
  assert_filled ("it is", "it is%s is", "es%s", NULL);
  assert_filled ("from  to x", "from %s to %s", "von %s nach %s", "von  nach x");
}

static void
test_positions (void)
{
  assert_filled ("it belongs to a, not to b", "it belongs to %s, not to %s", "nicht %2$s, sondern %1$s",
                 "nicht b, sondern a");
  assert_filled ("it belongs to a, not to b", "it belongs to %s, not to %s", "%1$s %1$s", "a a");
  assert_filled ("it belongs to a, not to b", "it belongs to %s, not to %s", "%3$s%0$s100 %", "%0$s100 %");
}

static void
test_words_of_others (void)
{
  /* What is put in is not read again. */
  assert_filled ("Note: 5 %s and %1$s %n", "%s: %s", "%2$s (%1$s)", "5 %s and %1$s %n (Note)");
  assert_stays ("Value %s missing for Sales Invoice: %1$s");
  assert_stays ("request timed out");
  assert_stays ("unknown");
  assert_stays ("this user");
  assert_stays ("");
  g_assert_null (sync_engine_words_dup (NULL));
}

/* Without a translation each comes out as it went in. */
static void
test_untranslated (void)
{
  assert_stays ("It was on the server as ACC-1 and is not there any more: deleted by somebody, or out of sight");
  assert_stays ("hook Note: it gave no answer within 30 s; the policy of the type is to ask");
  assert_stays ("qty (both sides changed it), items.0.rate (it does not merge)");
  assert_stays ("line\nanother; line. And one\n");
  assert_words ("hook Note leaves it to a person: too much",
                "the shop’s hook for Note leaves it to a person: too much");
}

static void
test_german (void)
{
  if (setlocale (LC_ALL, "de_DE.UTF-8") == NULL)
    {
      g_test_skip ("there is no German locale");
      return;
    }
  bindtextdomain ("posawesome-sync", g_getenv ("SYNC_TEST_TRANSLATIONS"));
  bind_textdomain_codeset ("posawesome-sync", "UTF-8");
  textdomain ("posawesome-sync");
  assert_words ("the policy of the type is to ask", "die Richtlinie für diese Art von Beleg ist, zu fragen");
  assert_words ("Note cannot be read on the server, so nobody but a person can tell whether it arrived: no permission",
                "Note lässt sich auf dem Server nicht lesen; ob es angekommen ist, kann nur ein Mensch sagen: keine "
                "Berechtigung");
  assert_words (
      "This till's version of Customer Jo (“%s”) cannot win: the document was cancelled on the server; let the"
      " server's version stand, or give the request up",
      "Die Fassung dieser Kasse von Customer Jo (“%s”) kann nicht gelten: der Beleg wurde auf dem Server"
      " storniert; lassen Sie die Fassung des Servers gelten, oder geben Sie den Eintrag auf");
  assert_words ("request 5 is failed by now, not conflict",
                "Eintrag 5 ist inzwischen „abgelehnt“, nicht „auf dem Server geändert“");
  assert_words (
      "it does not merge by itself: qty (both sides changed it), phone (it does not merge); say what to write"
      " (a document), or let one side win",
      "es lässt sich nicht von selbst zusammenführen: qty (beide Seiten haben es geändert), phone (es lässt sich"
      " nicht zusammenführen); sagen Sie, was zu schreiben ist (ein Dokument), oder lassen Sie eine Seite gelten");
  assert_words ("hook Note: it gave no answer within 30 s; qty (both sides changed it)",
                "hook Note: it gave no answer within 30 s; qty (beide Seiten haben es geändert)");
  assert_words (
      "The queue was put back from the backup of an unknown date. Nothing undelivered was in it. Requests that"
      " were taken since are missing here.",
      "Die Warteschlange wurde aus der Sicherung vom unbekannten Datum zurückgeholt. Es war nichts Unzugestelltes"
      " darin. Was seitdem angenommen wurde, fehlt hier.");
  assert_words ("“q” cannot be read or written (I/O): check the disk\nIts own words",
                "„q“ lässt sich nicht lesen oder schreiben (I/O): prüfen Sie die Festplatte\nIts own words");
  assert_stays ("Eintrag");
}

/* Each place that shows such a sentence asks for its words. */
static void
test_shown (void)
{
  SyncAttempt attempt = { .kind = (char *) "look", .duration_us = -1 };
  SyncConflictEvent event = { .event = (char *) "asked", .actor = (char *) "engine" };
  SyncActivity line = { .kind = SYNC_ACTIVITY_FAILED, .attempt = &attempt };
  SyncSnapshot snapshot = { .condition = SYNC_CONDITION_STORAGE_TROUBLE };
  g_autofree char *tried = NULL;
  g_autofree char *asked = NULL;
  g_autofree char *outcome = NULL;
  g_autofree char *detail = NULL;

  attempt.message = event.reason = (char *) "hook Note leaves it to a person";
  snapshot.condition_detail = attempt.message;
  tried = sync_request_attempt_dup_words (&attempt);
  asked = sync_conflict_decision_event (&event);
  outcome = sync_activity_words_outcome (&line);
  detail = sync_words_detail (&snapshot);
  g_assert_cmpstr (tried, ==, "the shop’s hook for Note leaves it to a person");
  g_assert_cmpstr (asked, ==, "  It was left to a person. (the shop’s hook for Note leaves it to a person)");
  g_assert_cmpstr (outcome, ==, tried);
  g_assert_cmpstr (detail, ==, tried);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/engine-words/matching", test_matching);
  g_test_add_func ("/sync/engine-words/positions", test_positions);
  g_test_add_func ("/sync/engine-words/words-of-others", test_words_of_others);
  g_test_add_func ("/sync/engine-words/untranslated", test_untranslated);
  g_test_add_func ("/sync/engine-words/shown", test_shown);
  g_test_add_func ("/sync/engine-words/german", test_german);
  return g_test_run ();
}
