/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the pages on a display share: a window around one page, and ways to look at it. With
 * SYNC_TEST_PICTURES=DIRECTORY they leave pictures there. */
#pragma once

#include <adwaita.h>

#include "busy-store.h"
#include "sync-status.h"

G_BEGIN_DECLS

typedef struct
{
  BusyStore busy;
  SyncStatus *status; /* (owned) */
  GtkWindow *window;  /* (unowned) (nullable): GTK's */
} PageFixture;

void page_fixture_init (int *argc, char ***argv);
void page_fixture_set_up (PageFixture *self, gconstpointer data);
void page_fixture_tear_down (PageFixture *self, gconstpointer data);
void page_fixture_present (PageFixture *self, GtkWidget *page);
void page_fixture_settle (PageFixture *self);
GtkWidget *page_fixture_find (GtkWidget *widget, const char *id);
GtkWidget *page_fixture_child (PageFixture *self, const char *id);
GtkWidget *page_fixture_find_type (GtkWidget *widget, GType type, guint nth);
gboolean page_fixture_press (GtkWidget *widget, guint key);
void page_fixture_picture (PageFixture *self, const char *name);
void page_fixture_assert_room (PageFixture *self);

#define page_fixture_add_test(path, func) \
  g_test_add (path, PageFixture, NULL, page_fixture_set_up, func, page_fixture_tear_down)

G_END_DECLS
