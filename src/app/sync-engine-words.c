/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What engine and store tell a person, in the user's language. They say it in English, and so it stands in the database; here
 * it is known again and translated where it is shown. Pure functions from text to text; no toolkit, any thread. */
#include "config.h"

#include "sync-engine-words.h"

#include "sync-actor-words.h"

#include <glib/gi18n.h>
#include <string.h>

/* Sentences stand in sentences: a notice, what was found, a date. */
#define MAX_DEPTH 4

/* The sentences as their sources have them, %s for whatever they fill in; a translation may say %1$s. What stands in such a
 * place is translated, too, if it is a sentence or a name from here. tests/app/check-engine-words.py compares. */
static const char *const sentences[] = {
  /* What only a person can settle. */
  N_ ("It was on the server as %s and is not there any more: deleted by somebody, or out of sight"),
  N_ ("It was sent when the server did not enforce its key, and no answer came back. The server shows nothing"
      " under the key, so only a person can tell whether it arrived."),
  N_ ("The server says that its key is taken, and shows nothing under it: the document may be out of this user's"
      " sight. Only somebody who may see it can tell."),
  N_ ("%s cannot be read on the server, so what it has become there is not known, and nothing was sent: %s"),
  N_ ("%s cannot be read on the server, so nobody but a person can tell whether it arrived: %s"),
  N_ ("The queue was restored or copied, or was damaged, so it may have been delivered already. The server offers"
      " nothing to look for, so only a person can tell whether it arrived."),
  N_ ("It was sent and no answer came back. The server offers nothing to look for, so only a person can tell"
      " whether it arrived."),
  N_ ("It was sent without a key and no answer came back. At that time %s made on the server: %s %s. %s"),
  N_ ("It differs from what was sent, so only a person can tell whether it is the one."),
  N_ ("There are too many to tell them apart, so only a person can tell whether it is among them."),
  N_ ("Only a person can tell whether it is one of them."),
  N_ ("It was sent without a key and no answer came back. The server shows no such %s; but whether %s would see"
      " it there is not certain, so only a person can tell whether it arrived."),
  N_ ("It was sent without a key and no answer came back. The site does not tell its time zone, so it cannot be"
      " looked for, and only a person can tell whether it arrived."),
  N_ ("The document is on the server as a draft and does not get submitted."),
  N_ ("The document has no version on the server, so it cannot be changed against one."),
  N_ ("The server took it to submit it in the background, and it is still a draft."),
  N_ ("The first answer was lost; the server shows one payment, and cannot tell of the others."),
  N_ ("The server did a part of it and reported errors."),
  N_ ("it belongs to %s, not to %s"),
  N_ ("it was accepted as “%s” of %s, and the route rules take it for “%s” of %s today: set them back and try again, or discard it"
      " and hand it over anew"),
  N_ ("its draft %s stays on the server: the route rules do not take its deletion"),
  N_ ("the request is about %s “%s”, and “%s” is another document"),
  N_ ("“%s” is no document's name"),
  N_ ("the body of request %s is not the one that was accepted: the database is damaged"),
  /* Why a request stands as it does. */
  N_ ("request %s, on which it depends, was given up"),
  N_ ("the request on which it depends was given up"),
  N_ ("request %s is done, but the server did not say what its document is called: look there, and put the real"
      " name in the place of its placeholder"),
  N_ ("nobody knows what the document on which it depends is called"),
  N_ ("taken back with the request on which it depends"),
  N_ ("the request whose draft it would delete was taken back"),
  N_ ("its key is in the way: made anew under a key of its own"),
  N_ ("replaced by a request with the same key"),
  N_ ("the program ended while it was being sent"),
  N_ ("saved from a damaged database"),
  N_ ("It was sent without a key and no answer came back. The server's clock has been set back since, so only a person can tell"
      " whether it arrived."),
  N_ ("no base version was given: the server's present one was taken"),
  N_ ("what others changed meanwhile are other fields: it goes against the version that this till made"),
  N_ ("the draft on the server takes the edited body"),
  N_ ("an earlier write found the document under another name"),
  N_ ("the server answers too much with errors; it is given a rest"),
  /* Who or what ends a conflict, and why not. */
  N_ ("the policy of the type is to ask"),
  N_ ("the document is not on the server any more"),
  N_ ("the document was cancelled on the server"),
  N_ ("the document was submitted on the server"),
  N_ ("another document has that name"),
  N_ ("the document of that name says the same"),
  N_ ("it was deleted here and changed on the server"),
  N_ ("it was renamed, and what else was changed is not known"),
  N_ ("the document was changed again each time"),
  N_ ("nothing of this till's version is left to write"),
  N_ ("the server's version stands"),
  N_ ("something of each side would stand, and the call that was made cannot say that"),
  N_ ("this till's version could not be taken"),
  N_ ("the server's version could not be taken"),
  N_ ("what was merged could not be taken"),
  N_ ("%s leaves it to a person"),
  N_ ("%s leaves it to a person: %s"),
  N_ ("what %s decided could not be done: %s"),
  N_ ("the document is not on the server, so nothing there can take it"),
  N_ ("another version of the document was submitted on the server, and what is submitted does not change"),
  N_ ("it is no plain change of a document's fields"),
  N_ ("This till's version of %s cannot win: %s; %s"),
  N_ ("A merged version of %s cannot win: %s; %s"),
  N_ ("A version of both of %s cannot win: %s; %s"),
  N_ ("let the server's version stand, or give the request up"),
  N_ ("decide for one of the two"),
  N_ ("let that one stand, or give this one another name (a document by hand, all of it)"),
  N_ ("let it be gone, or hand it over anew with POST"),
  N_ ("it does not merge by itself: %s; say what to write (a document), or let one side win"),
  N_ ("conflict %s is resolved already"),
  N_ ("conflict %s is superseded already"),
  /* Why an end of a conflict stays. */
  N_ ("the end of conflict %s cannot be undone: %s"),
  N_ ("the end of conflict %s is undone already, by request %s"),
  N_ ("what came of it is not delivered yet; discard it instead"),
  N_ ("what was there before is not known any more"),
  N_ ("the document is submitted, and what is submitted does not change; amend it in ERPNext"),
  N_ ("the document was not on the server any more"),
  N_ ("it was no plain change of a document's fields"),
  N_ ("it wrote nothing"),
  /* Why what a person wants of a request is not done. */
  N_ ("%s “%s” is not on the server: look at its name there"),
  N_ ("%s “%s” is cancelled there: give this up, or have it sent again"),
  N_ ("%s “%s” is a draft there, and not submitted: submit it there, or have it sent again"),
  N_ ("request %s mention its document: say what the server calls it"),
  N_ ("requests %s mention its document: say what the server calls it"),
  N_ ("there is no request %s"),
  N_ ("request %s is being sent just now; try again when its answer is there"),
  N_ ("request %s is %s by now, not %s"),
  N_ ("request %s is %s; retry is for failed and waiting requests"),
  N_ ("request %s is %s; edit is for failed requests"),
  N_ ("request %s is %s; discard is for requests that are not delivered"),
  N_ ("request %s is %s; restore is for discarded requests"),
  N_ ("request %s is %s; confirm is for unknown and failed requests"),
  N_ ("request %s has %s that wait for it and would fail with it (request %s): confirm that (“confirm”,"
      " --with-dependants)"),
  N_ ("request %s has %s that wait for it and would fail with it (requests %s): confirm that (“confirm”,"
      " --with-dependants)"),
  N_ ("its draft %s is just being deleted by request %s; try again when that has ended"),
  N_ ("request %s belongs to %s; set ERPNEXT_BASE_URL back to take it back"),
  N_ ("request %s cannot be taken back: request %s took its place"),
  N_ ("request %s cannot come back: its key belongs to request %s (%s) by now"),
  N_ ("request %s, on which it depends, was given up: take that one back first, or edit this one so that it can"
      " do without"),
  N_ ("request %s, on which it depends, was delivered, but nobody knows under what name: put the real name in the"
      " place of its placeholder"),
  N_ ("the new body carries another key (“%s”) than the request (“%s”)"),
  N_ ("%s may not make the key field of %s; a System Manager may. ERPNext says: %s"),
  N_ ("The key field of %s could not be made: %s"),
  N_ ("%s cannot be listed: %s"),
  N_ ("The server was not asked: %s"),
  N_ ("The server did not tell: %s"),
  N_ ("the site cannot change while %s undelivered requests belong to %s; deliver or discard them first"),
  /* What became of the queue. */
  N_ ("%s. Nothing undelivered was in it. %s"),
  N_ ("%s. Of its undelivered requests (%s) some may have been delivered since: each is looked for on the server,"
      " or sent again under a key that ERPNext refuses twice, and what allows neither waits for your decision. %s"),
  N_ ("Requests that were taken since are missing here."),
  N_ ("If it is one, requests that were taken since are missing here."),
  N_ ("The queue was put back from the backup of %s"),
  N_ ("The queue was brought here from another machine"),
  N_ ("The queue was replaced by another one than was last used here"),
  N_ ("The queue is older than when it was last used here: an older copy was put back, or its newest part was"
      " lost with “%s-wal”"),
  N_ ("The note in “%s” of how far the queue had come is gone: that directory was wiped or cannot be read, and"
      " the queue is treated as an older copy, which it may be"),
  N_ ("The queue is an older copy of the one that was used in “%s”"),
  N_ ("The queue is a copy of the one in “%s”"),
  N_ ("The queue that was used here is gone: “%s” was missing or empty when the program started, so a new one was"
      " begun. What was accepted and not delivered is missing: look for the newest documents on the server, or"
      " end the program and put the file or a backup back."),
  N_ ("The queue was damaged. The damaged file was kept as “%s”; %s undelivered requests could be saved from it:"
      " each is looked for on the server, or sent again under a key that ERPNext refuses twice, and what allows"
      " neither waits for your decision."),
  N_ ("The queue was damaged. The damaged file was kept as “%s”; %s of %s undelivered requests could be saved"
      " from it: each is looked for on the server, or sent again under a key that ERPNext refuses twice, and what"
      " allows neither waits for your decision."),
  N_ ("The others are lost: look for the newest documents on the server."),
  N_ ("Others may be lost: look for the newest documents on the server."),
  N_ ("“%s” was cut short while the program ran. The program put the queue back as it knows it; nothing that was"
      " accepted is missing."),
  N_ ("“%s” was removed or replaced while the program ran. The program put the queue back as it knows it; nothing"
      " that was accepted is missing."),
  N_ ("What was put there instead was kept as “%s”: to go back to a backup, end the program first."),
  N_ ("Start the program again when it suits: that makes the other files of its directory anew."),
  N_ ("It cannot be noted in “%s” how far the queue has come (%s): if an older copy of the queue is put back by"
      " hand it will not be recognised, and what was delivered since would be posted again. Make that directory"
      " writable for this user, and start the program again."),
  /* Trouble with the disk. */
  N_ ("the disk that holds “%s” is full: free some space; nothing was changed"),
  N_ ("only %s MB are free on the disk that holds “%s”, too little to promise that nothing is lost: free at least"
      " %s MB"),
  N_ ("“%s” cannot be read or written (%s): check the disk"),
  N_ ("“%s” is damaged (%s): the program sets the file aside and saves what can be read; if this stays, start it"
      " again"),
  N_ ("another program keeps “%s” locked: end it; nothing was changed"),
  N_ ("“%s” is in use by process %s; end that one first, or name another directory with POSAWESOME_SYNC_DATA_DIR"),
  N_ ("the disk that holds “%s” is full, and the queue cannot be opened; nothing in it was changed: free at least"
      " %s MB and start the program again (from %s MB on it takes new writes)"),
};

/* Why a field of a merge is open; also a sentence of its own. */
static const char *const field_reasons[] = {
  N_ ("both sides changed it"),
  N_ ("which side changed it is not known"),
  N_ ("which side is newer is not known"),
  N_ ("this till took it out, the server changed it"),
  N_ ("the server took it out, this till changed it"),
  N_ ("both sides have it as a new row"),
  N_ ("it does not merge"),
};

/* Only inside of a sentence: by themselves they may be anybody's words. */
static const char *const names[] = {
  N_ ("pending"),
  N_ ("sending"),
  N_ ("unknown"),
  N_ ("conflict"),
  N_ ("failed"),
  N_ ("completed"),
  N_ ("discarded"),
  N_ ("this user"),
  N_ ("an unknown date"),
  N_ ("no permission"),
  N_ ("what comes back is broken, or about something else"),
  N_ ("no usable answer"),
  N_ ("the line is off"),
  N_ ("The user of the API key"),
};

static char *dup_words (const char *message, guint depth, gsize *known);

/* (nullable): where @literal is at the end of @text */
static const char *
find_end (const char *text, const char *literal)
{
  gsize length = strlen (text);
  gsize literal_length = strlen (literal);

  return length >= literal_length && strcmp (text + length - literal_length, literal) == 0
             ? text + length - literal_length
             : NULL;
}

/* (transfer full) (nullable): what @message has in the place of each %s of @sentence; NULL: it is another sentence */
static GStrv
dup_parts (const char *message, const char *sentence)
{
  const char *hole = strstr (sentence, "%s");
  g_autoptr (GStrvBuilder) parts = NULL;
  g_auto (GStrv) literals = NULL;
  const char *at = message;

  /* Without a hole, the whole with its end. */
  if (strncmp (message, sentence, hole != NULL ? (gsize) (hole - sentence) : strlen (sentence) + 1) != 0)
    return NULL;
  parts = g_strv_builder_new ();
  literals = g_strsplit (sentence, "%s", -1);
  at += strlen (literals[0]);
  for (guint i = 1; literals[i] != NULL; i++)
    {
      const char *found = literals[i + 1] != NULL ? strstr (at, literals[i]) : find_end (at, literals[i]);
      g_autofree char *part = NULL;

      if (found == NULL)
        return NULL;
      part = g_strndup (at, (gsize) (found - at));
      g_strv_builder_add (parts, part);
      at = found + strlen (literals[i]);
    }
  return g_strv_builder_end (parts);
}

/* How long the place-holder is with which @words begins; 0: it begins with none. @place: its number; 0: the next one */
static gsize
read_hole (const char *words, guint *place)
{
  *place = 0;
  if (words[0] != '%')
    return 0;
  if (words[1] == 's')
    return 2;
  if (words[1] < '1' || words[1] > '9' || words[2] != '$' || words[3] != 's')
    return 0;
  *place = (guint) g_ascii_digit_value (words[1]);
  return 4;
}

/* @words with @parts in place; what is in them is not read again. */
static char *
fill (const char *words, GStrv parts)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint n = g_strv_length (parts);
  guint next = 1;

  while (*words != '\0')
    {
      guint place;
      gsize length = read_hole (words, &place);

      if (length == 0)
        {
          g_string_append_c (text, *words++);
          continue;
        }
      words += length;
      if (place == 0)
        place = next++;
      if (place <= n)
        g_string_append (text, parts[place - 1]);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* @sentence in the user's language with @parts in place, each of them in the user's language if it is known; that is in
 * @parts then. @known: how many bytes of the message that is */
static char *
dup_translated (const char *sentence, GStrv parts, guint depth, gsize *known)
{
  *known = strlen (sentence) - g_strv_length (parts) * strlen ("%s");
  for (char **part = parts; *part != NULL; part++)
    {
      gsize known_of_part = 0;
      char *words = dup_words (*part, depth + 1, &known_of_part);

      if (words == NULL)
        continue;
      g_free (*part);
      *part = words;
      *known += known_of_part;
    }
  return fill (_ (sentence), parts);
}

/* (transfer full) (nullable): @message in the words of the sentence by which most of it is known; NULL: there is none */
static char *
dup_sentence (const char *message, guint depth, gsize *known)
{
  char *best = NULL;
  gsize best_known = 0;

  for (guint i = 0; i < G_N_ELEMENTS (sentences) + G_N_ELEMENTS (field_reasons); i++)
    {
      const char *sentence = i < G_N_ELEMENTS (sentences) ? sentences[i] : field_reasons[i - G_N_ELEMENTS (sentences)];
      g_auto (GStrv) parts = dup_parts (message, sentence);
      gsize known_so = 0;
      g_autofree char *words = parts != NULL ? dup_translated (sentence, parts, depth, &known_so) : NULL;

      if (known_so <= best_known)
        continue;
      best_known = known_so;
      g_free (best);
      best = g_steal_pointer (&words);
    }
  *known += best_known;
  return best;
}

/* (nullable): the reason with which @text begins, up to its bracket and the next field, or the end */
static const char *
find_field_reason (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (field_reasons); i++)
    {
      const char *rest = g_str_has_prefix (text, field_reasons[i]) ? text + strlen (field_reasons[i]) : "";

      if (g_str_equal (rest, ")") || g_str_has_prefix (rest, "), "))
        return field_reasons[i];
    }
  return NULL;
}

/* (transfer full) (nullable): fields, each with its reason in brackets behind it; NULL: they are none */
static char *
dup_fields (const char *message, gsize *known)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize known_here = 0;

  if (!g_str_has_suffix (message, ")"))
    return NULL;
  for (const char *p = message; *p != '\0';)
    {
      const char *reason = g_str_has_prefix (p, " (") ? find_field_reason (p + 2) : NULL;

      if (reason == NULL)
        {
          g_string_append_c (text, *p++);
          continue;
        }
      g_string_append_printf (text, " (%s", _ (reason));
      p += 2 + strlen (reason);
      known_here += strlen (reason);
    }
  *known += known_here;
  return known_here > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* (transfer full) (nullable): what is told line by line, as notices are; NULL: it is one line, or none is known */
static char *
dup_lines (const char *message, guint depth, gsize *known)
{
  const char *end = strchr (message, '\n');
  g_autofree char *line = NULL;
  g_autofree char *first = NULL;
  g_autofree char *rest = NULL;

  if (end == NULL)
    return NULL;
  line = g_strndup (message, (gsize) (end - message));
  first = dup_words (line, depth + 1, known);
  rest = dup_words (end + 1, depth + 1, known);
  if (first == NULL && rest == NULL)
    return NULL;
  return g_strconcat (first != NULL ? first : line, "\n", rest != NULL ? rest : end + 1, NULL);
}

/* (transfer full) (nullable): one sentence behind the other, each of them known; NULL: they are not */
static char *
dup_row_of_sentences (const char *message, guint depth, gsize *known)
{
  for (const char *end = strstr (message, ". "); end != NULL; end = strstr (end + 1, ". "))
    {
      g_autofree char *sentence = g_strndup (message, (gsize) (end + 1 - message));
      gsize known_here = 0;
      g_autofree char *first = dup_sentence (sentence, depth, &known_here);
      g_autofree char *rest = first != NULL ? dup_words (end + 2, depth + 1, &known_here) : NULL;

      if (rest == NULL)
        continue;
      *known += known_here;
      return g_strconcat (first, " ", rest, NULL);
    }
  return NULL;
}

/* (transfer full) (nullable): a reason behind what else there was to say, such as a hook's trouble; NULL: it is none */
static char *
dup_appended_reason (const char *message, guint depth, gsize *known)
{
  for (const char *end = strstr (message, "; "); end != NULL; end = strstr (end + 1, "; "))
    {
      g_autofree char *before = g_strndup (message, (gsize) (end - message));
      g_autofree char *reason = dup_sentence (end + 2, depth, known);
      g_autofree char *first = NULL;

      if (reason == NULL)
        reason = dup_fields (end + 2, known);
      if (reason == NULL)
        continue;
      first = dup_sentence (before, depth, known);
      return g_strconcat (first != NULL ? first : before, "; ", reason, NULL);
    }
  return NULL;
}

static const char *
find_name (const char *message)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (message, names[i]))
      return _ (names[i]);
  return NULL;
}

/* (transfer full) (nullable): what a name in a sentence is called; NULL: anything else */
static char *
dup_name (const char *message)
{
  return g_str_has_prefix (message, "hook ") ? sync_actor_words (message) : g_strdup (find_name (message));
}

/* (transfer full) (nullable): @message in the user's language; NULL: it is nothing that is known here. @known: grows by how
 * many bytes of it are */
static char *
dup_words (const char *message, guint depth, gsize *known)
{
  char *words = NULL;

  if (depth > MAX_DEPTH)
    return NULL;
  if (depth > 0)
    words = dup_name (message);
  if (words != NULL)
    {
      *known += strlen (message);
      return words;
    }
  words = dup_sentence (message, depth, known);
  if (words == NULL)
    words = dup_lines (message, depth, known);
  if (words == NULL)
    words = dup_row_of_sentences (message, depth, known);
  if (words == NULL)
    words = dup_appended_reason (message, depth, known);
  return words != NULL ? words : dup_fields (message, known);
}

/**
 * sync_engine_words_dup:
 * @message: (nullable): what engine or store told a person, or the server, or anybody else
 *
 * Returns: (transfer full) (nullable): the same in the user's language, as far as it is a sentence that is known here; else
 *   @message as it is. %NULL for %NULL
 */
char *
sync_engine_words_dup (const char *message)
{
  gsize known = 0;
  char *words = message != NULL ? dup_words (message, 0, &known) : NULL;

  return words != NULL ? words : g_strdup (message);
}

/**
 * sync_engine_words_dup_filled:
 * @message: what was told
 * @sentence: a sentence, %%s for what it fills in
 * @words: the same in another language, %%s or %%1$s for the same
 *
 * Returns: (transfer full) (nullable): @words with what @message has in these places, as it is; %NULL if @message is another
 *   sentence
 */
char *
sync_engine_words_dup_filled (const char *message, const char *sentence, const char *words)
{
  g_auto (GStrv) parts = dup_parts (message, sentence);

  return parts != NULL ? fill (words, parts) : NULL;
}
