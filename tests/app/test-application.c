/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program on a virtual display, without a bus: what is asked of it while it has no engine, and what it says when
 * something is not possible. */
#include "sync-application-private.h"

#include "sync-conflict-dialog.h"
#include "sync-dialog.h"

#include "sync-test-directory.h"

#include <locale.h>

#define HERE "http://127.0.0.1"
#define ELSEWHERE "http://127.0.0.1:1"

typedef struct
{
  SyncApplication *application; /* (owned) */
  gboolean (*step) (SyncApplication *self); /* TRUE: it can end */
  guint n_ticks;
  gboolean done;
} Visit;

/* The words of a label below, if it begins so. */
static const char *
find_words (GtkWidget *widget, const char *start)
{
  if (GTK_IS_LABEL (widget) && g_str_has_prefix (gtk_label_get_label (GTK_LABEL (widget)), start))
    return gtk_label_get_label (GTK_LABEL (widget));
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL;
       below = gtk_widget_get_next_sibling (below))
    {
      const char *found = find_words (below, start);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_told (SyncApplication *self, const char *start)
{
  return self->window != NULL && find_words (GTK_WIDGET (self->window), start) != NULL;
}

static gboolean
tick_cb (gpointer user_data)
{
  Visit *visit = user_data;

  visit->done = visit->step (visit->application);
  if (!visit->done && ++visit->n_ticks < 1000)
    return G_SOURCE_CONTINUE;
  g_action_group_activate_action (G_ACTION_GROUP (visit->application), "quit", NULL);
  return G_SOURCE_REMOVE;
}

/* Runs the program, started in the background, until the step says that it can end. */
static void
visit_program (gboolean (*step) (SyncApplication *self))
{
  Visit visit = { .step = step };
  char *directory = sync_test_directory_new ();

  g_setenv ("POSAWESOME_SYNC_DATA_DIR", directory, TRUE);
  visit.application = sync_application_new (TRUE);
  g_timeout_add (10, tick_cb, &visit);
  g_assert_cmpint (sync_application_run (visit.application), ==, 0);
  g_assert_finalize_object (visit.application);
  g_assert_true (visit.done);
  sync_test_directory_free (directory);
}

static void
activate (SyncApplication *self, const char *action, GVariant *parameter)
{
  g_action_group_activate_action (G_ACTION_GROUP (self), action, parameter);
}

/* Between one server and the next there is nothing to show; whoever asks for the window gets it when there is again, and
 * hears that the till stays: the environment sets the address. */
static gboolean
move_step (SyncApplication *self)
{
  static gboolean begun = FALSE;
  g_autoptr (GError) error = NULL;

  if (!begun && self->status != NULL)
    {
      begun = TRUE;
      g_assert_true (sync_application_move (self, ELSEWHERE, &error));
      g_assert_no_error (error);
      g_assert_true (self->moving);
      activate (self, "open", NULL);
      activate (self, "show-conflict", g_variant_new_int64 (0));
      activate (self, "show-queue", g_variant_new_string ("needs"));
      activate (self, "set-up", NULL);
      activate (self, "sync-now", NULL);
      activate (self, "about", NULL);
      g_assert_null (self->window);
    }
  return is_told (self, "The till stays with " HERE ": ");
}

static void
test_moving (void)
{
  visit_program (move_step);
}

/* Each reason in turn: no key, off line, paused. */
static gboolean
sync_step (SyncApplication *self)
{
  static guint stage = 0;
  static const struct
  {
    const char *before;
    const char *words;
  } stages[] = {
    { "open", "Nothing is tried while the till has no API key." },
    { "pause", "Nothing is tried while delivery is paused." },
    { "offline", "Nothing is tried while the line is switched off by hand." },
  };
  static gboolean asked = FALSE;

  if (self->status == NULL)
    return FALSE;
  if (!asked)
    {
      if (stage == 0)
        activate (self, stages[stage].before, NULL);
      else
        g_action_group_change_action_state (G_ACTION_GROUP (self), stages[stage].before, g_variant_new_boolean (TRUE));
      activate (self, "sync-now", NULL);
      asked = TRUE;
    }
  else if (is_told (self, stages[stage].words))
    {
      asked = FALSE;
      stage++;
    }
  return stage == G_N_ELEMENTS (stages);
}

static void
test_not_tried (void)
{
  visit_program (sync_step);
}

static gboolean
is_shown (GtkWidget *widget, const char *type)
{
  if (g_str_equal (G_OBJECT_TYPE_NAME (widget), type))
    return gtk_widget_get_mapped (widget);
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL;
       below = gtk_widget_get_next_sibling (below))
    if (is_shown (below, type))
      return TRUE;
  return FALSE;
}

/* The number of a conflict that is not there: it is said, no other is shown in its place, and the page shows which there are. */
static gboolean
conflict_step (SyncApplication *self)
{
  static gboolean asked = FALSE;

  if (!asked && self->status != NULL)
    {
      asked = TRUE;
      activate (self, "show-conflict", g_variant_new_int64 (77));
      g_assert_null (sync_dialog_find (SYNC_TYPE_CONFLICT_DIALOG, NULL));
    }
  return is_told (self, "There is no open conflict 77.") && is_shown (GTK_WIDGET (self->window), "SyncConflictsPage");
}

static void
test_no_conflict (void)
{
  visit_program (conflict_step);
}

/* Where there is no browser; the words of that are GIO's. */
static gboolean
site_step (SyncApplication *self)
{
  static gboolean asked = FALSE;

  if (!asked && self->status != NULL)
    {
      asked = TRUE;
      activate (self, "open", NULL);
      activate (self, "open-site", NULL);
    }
  return is_told (self, "The point of sale cannot be opened: ");
}

static void
test_no_browser (void)
{
  g_autoptr (GAppInfo) browser = g_app_info_get_default_for_uri_scheme ("http");

  if (browser != NULL)
    g_test_skip ("there is a browser");
  else
    visit_program (site_step);
}

int
main (int argc, char *argv[])
{
  g_setenv ("ERPNEXT_BASE_URL", HERE, TRUE);
  g_setenv ("GATEWAY_PORT", "0", TRUE);
  gtk_test_init (&argc, &argv, NULL);
  /* GTK has chosen another one. */
  setlocale (LC_ALL, "C.UTF-8");
  g_test_add_func ("/sync/application/moving", test_moving);
  g_test_add_func ("/sync/application/not-tried", test_not_tried);
  g_test_add_func ("/sync/application/no-conflict", test_no_conflict);
  g_test_add_func ("/sync/application/no-browser", test_no_browser);
  return g_test_run ();
}
