/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened, for people. */
#include "config.h"

#include "sim-trace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* The end of the story is what a violation needs; with --trace all of it is printed. */
#define KEPT_BYTES (256 * 1024)

static GString *story;
static guint64 seed_now;
static gboolean printing;

/* An assertion of the program itself is a violation, too. */
static void
aborted_cb (int number)
{
  fprintf (stderr, "see it again with: sim --seed %" G_GUINT64_FORMAT " --runs 1 --trace\n", seed_now);
}

void
sim_trace_begin (guint64 seed, gboolean print)
{
  if (story == NULL)
    {
      story = g_string_new (NULL);
      signal (SIGABRT, aborted_cb);
    }
  g_string_truncate (story, 0);
  seed_now = seed;
  printing = print;
}

void
sim_trace (gint64 now_us, const char *format, ...)
{
  gsize start = story->len;
  va_list args;

  g_string_append_printf (story, "%5" G_GINT64_FORMAT ".%06" G_GINT64_FORMAT "  ", now_us / G_USEC_PER_SEC,
                          now_us % G_USEC_PER_SEC);
  va_start (args, format);
  g_string_append_vprintf (story, format, args);
  va_end (args);
  g_string_append_c (story, '\n');
  if (printing)
    fputs (story->str + start, stdout);
  if (story->len > 2 * KEPT_BYTES)
    g_string_erase (story, 0, (gssize) (story->len - KEPT_BYTES));
}

const char *
sim_trace_get_text (void)
{
  return story->str;
}

void
sim_violation (const char *format, ...)
{
  g_autofree char *words = NULL;
  va_list args;

  va_start (args, format);
  words = g_strdup_vprintf (format, args);
  va_end (args);
  if (!printing)
    {
      const char *last = story->str + (story->len > 6000 ? story->len - 6000 : 0);

      fprintf (stderr, "%s\n", last);
    }
  fprintf (stderr, "VIOLATION: %s\n", words);
  fprintf (stderr, "see it again with: sim --seed %" G_GUINT64_FORMAT " --runs 1 --trace\n", seed_now);
  exit (1);
}
