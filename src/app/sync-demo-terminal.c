/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The demonstration told in a terminal: captions, the sales as they come in, a progress bar, and the ledger. On a pipe
 * the bar is a line for each step instead of one that is redrawn. Main thread; the service runs in its own. */
#include "config.h"

#include "sync-demo-terminal.h"

#include "sync-words.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <unistd.h>

/* Characters of the bar. */
#define BAR_WIDTH 30
/* Characters of a key that the ledger shows: enough to tell ten sales apart. */
#define SHORT_KEY 8

typedef struct
{
  GMainLoop *loop;            /* (owned) */
  SyncDemo *demo;             /* (unowned) */
  SyncServiceThread *service; /* (owned) */
  SyncStatus *status;         /* (owned) */
  char *detail;               /* (owned) (nullable): what the bar's line said last */
  gboolean redraw;            /* standard output is a terminal */
  gboolean on_bar;            /* the cursor stands at the end of the bar */
  gboolean stopping;
} Terminal;

/* Pads a text to @width columns; printf() counts bytes. */
static void
print_column (const char *text, int width, gboolean right)
{
  int blanks = MAX (width - (int) g_utf8_strlen (text, -1), 0);

  g_print ("%*s%s%*s", right ? blanks : 0, "", text, right ? 0 : blanks, "");
}

static void
leave_bar (Terminal *self)
{
  if (self->on_bar)
    g_print ("\n");
  self->on_bar = FALSE;
}

static void
caption_cb (Terminal *self, const char *caption)
{
  leave_bar (self);
  g_print ("\n> %s\n", caption);
}

static void
sold_cb (Terminal *self, guint index)
{
  const SyncDemoSale *sale = sync_demo_get_sale (self->demo, index);
  g_autofree char *amount = g_strdup_printf ("%.2f", (double) sale->amount);
  g_autofree char *waiting = sync_words_waiting (index + 1, TRUE);

  g_print ("  ");
  print_column (sale->customer, 16, FALSE);
  print_column (amount, 8, TRUE);
  g_print ("   %s   %s\n", _ ("safe on disk"), waiting);
}

static void
draw_bar (Terminal *self, const SyncSnapshot *snapshot)
{
  guint done = snapshot->counts.n[SYNC_STATE_COMPLETED];
  guint total = MAX (snapshot->counts.total, 1);
  guint filled = done * BAR_WIDTH / total;
  g_autofree char *text = g_strdup_printf (_ ("%u of %u delivered"), done, total);
  GString *bar;

  if (done == 0 || g_strcmp0 (text, self->detail) == 0)
    return;
  g_free (self->detail);
  self->detail = g_steal_pointer (&text);
  bar = g_string_new (NULL);
  for (guint i = 0; i < BAR_WIDTH; i++)
    g_string_append_c (bar, i < filled ? '#' : '.');
  g_print ("%s  [%s] %s%s", self->redraw ? "\r" : "", bar->str, self->detail, self->redraw ? "" : "\n");
  self->on_bar = self->redraw;
  g_string_free (bar, TRUE);
}

static void
changed_cb (Terminal *self)
{
  const SyncSnapshot *snapshot = sync_status_get_snapshot (self->status);

  if (snapshot != NULL)
    draw_bar (self, snapshot);
}

/**
 * sync_demo_terminal_print_ledger:
 * @demo: the story, finished
 *
 * Prints each sale with its invoice in the shop's books, and the verdict, on standard output.
 */
void
sync_demo_terminal_print_ledger (SyncDemo *demo)
{
  g_autofree char *verdict = sync_demo_dup_verdict (demo);
  const char *const titles[] = { _ ("Sale"), _ ("Customer"), _ ("Amount"), _ ("Key"), _ ("Invoice on the server"),
                                 _ ("Posted") };
  const int widths[] = { 6, 18, 10, 12, 24, 8 };

  g_print ("\n");
  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    print_column (titles[i], widths[i], FALSE);
  g_print ("\n");
  for (guint i = 0; i < SYNC_DEMO_N_SALES; i++)
    {
      const SyncDemoSale *sale = sync_demo_get_sale (demo, i);
      g_autofree char *number = g_strdup_printf ("%u", i + 1);
      g_autofree char *amount = g_strdup_printf ("%.2f", (double) sale->amount);
      g_autofree char *key = g_strndup (sale->key, SHORT_KEY);
      g_autofree char *posted = g_strdup_printf ("%u", sale->times_posted);
      const char *const cells[] = { number, sale->customer, amount, key, sale->invoice != NULL ? sale->invoice : "-",
                                    posted };

      for (gsize k = 0; k < G_N_ELEMENTS (cells); k++)
        print_column (cells[k], widths[k], FALSE);
      g_print ("\n");
    }
  g_print ("\n%s\n", verdict);
}

static void
shut_down_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Terminal *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_service_thread_shutdown_finish (SYNC_SERVICE_THREAD (source), result, &error))
    g_printerr ("posawesome-sync: %s\n", error->message);
  g_main_loop_quit (self->loop);
}

static void
attach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_attach (SYNC_STATUS (user_data), engine);
}

static void
detach_cb (SyncEngine *engine, gpointer user_data)
{
  sync_status_detach (SYNC_STATUS (user_data));
}

static void
stop (Terminal *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  sync_demo_stop (self->demo);
  sync_service_thread_invoke (self->service, detach_cb, g_object_ref (self->status), g_object_unref);
  sync_service_thread_shutdown_async (self->service, shut_down_cb, self);
}

static void
finished_cb (Terminal *self, gboolean succeeded)
{
  leave_bar (self);
  sync_demo_terminal_print_ledger (self->demo);
  stop (self);
}

static gboolean
interrupt_cb (gpointer user_data)
{
  stop (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * sync_demo_terminal_run:
 * @demo: the story, opened
 *
 * Tells it on standard output until it is over or interrupted.
 *
 * Returns: the exit status: 0 if every sale is on the server exactly once, else 1
 */
int
sync_demo_terminal_run (SyncDemo *demo)
{
  g_autoptr (GError) error = NULL;
  Terminal self = { .demo = demo, .redraw = isatty (STDOUT_FILENO) };
  guint on_term, on_int;

  self.service = sync_service_thread_new (sync_demo_get_config (demo), sync_demo_get_clock (demo),
                                          sync_demo_get_random (demo));
  if (!sync_service_thread_start (self.service, &error))
    {
      g_printerr ("posawesome-sync: %s\n", error->message);
      g_object_unref (self.service);
      return EXIT_FAILURE;
    }
  self.loop = g_main_loop_new (NULL, FALSE);
  self.status = sync_status_new (g_main_context_default (), sync_demo_get_clock (demo));
  sync_service_thread_invoke (self.service, attach_cb, g_object_ref (self.status), g_object_unref);
  g_signal_connect_swapped (demo, "caption", G_CALLBACK (caption_cb), &self);
  g_signal_connect_swapped (demo, "sold", G_CALLBACK (sold_cb), &self);
  g_signal_connect_swapped (demo, "finished", G_CALLBACK (finished_cb), &self);
  on_term = g_unix_signal_add (SIGTERM, interrupt_cb, &self);
  on_int = g_unix_signal_add (SIGINT, interrupt_cb, &self);
  sync_demo_start (demo, self.service, self.status);
  /* After the story's own, so that a caption comes before the bar that it speaks of. */
  g_signal_connect_swapped (self.status, "changed", G_CALLBACK (changed_cb), &self);
  g_main_loop_run (self.loop);
  g_source_remove (on_int);
  g_source_remove (on_term);
  g_signal_handlers_disconnect_by_data (self.status, &self);
  g_signal_handlers_disconnect_by_data (demo, &self);
  g_object_unref (self.status);
  /* Its thread has ended when this returns, even if something was just asked of it and still refers to it: what it works
   * on is removed next. */
  g_object_run_dispose (G_OBJECT (self.service));
  g_object_unref (self.service);
  g_main_loop_unref (self.loop);
  g_free (self.detail);
  return sync_demo_get_succeeded (demo) ? EXIT_SUCCESS : EXIT_FAILURE;
}
