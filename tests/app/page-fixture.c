/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page-fixture.h"

#include <locale.h>

void
page_fixture_init (int *argc, char ***argv)
{
  g_autoptr (GtkCssProvider) provider = NULL;

  g_setenv ("TZ", "UTC", TRUE);
  gtk_test_init (argc, argv, NULL);
  /* GTK has chosen another one. */
  setlocale (LC_ALL, "C.UTF-8");
  adw_init ();
  provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (provider, "/org/posawesome/Sync/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_for_display (gdk_display_get_default ()),
                                    "/org/posawesome/Sync/icons");
}

void
page_fixture_set_up (PageFixture *self, gconstpointer data)
{
  busy_store_set_up (&self->busy, NULL);
  self->status = sync_status_new (NULL, SYNC_CLOCK (self->busy.clock));
}

void
page_fixture_tear_down (PageFixture *self, gconstpointer data)
{
  if (self->window != NULL)
    gtk_window_destroy (self->window);
  g_assert_null (self->window);
  g_assert_finalize_object (self->status);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
  busy_store_tear_down (&self->busy, NULL);
}

/* In a window as small as it may be. */
void
page_fixture_present (PageFixture *self, GtkWidget *page)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->window = GTK_WINDOW (adw_window_new ());
  g_object_add_weak_pointer (G_OBJECT (self->window), (gpointer *) &self->window);
  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), page);
  adw_window_set_content (ADW_WINDOW (self->window), box);
  gtk_window_set_default_size (self->window, 1024, 600);
  gtk_window_present (self->window);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (self->window));
  page_fixture_settle (self);
}

/* Until nothing is left to be done. */
void
page_fixture_settle (PageFixture *self)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* (nullable): the widget below @widget with that id in the .ui file. */
GtkWidget *
page_fixture_find (GtkWidget *widget, const char *id)
{
  if (g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget)), id) == 0)
    return widget;
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL;
       below = gtk_widget_get_next_sibling (below))
    {
      GtkWidget *found = page_fixture_find (below, id);

      if (found != NULL)
        return found;
    }
  return NULL;
}

GtkWidget *
page_fixture_child (PageFixture *self, const char *id)
{
  GtkWidget *found = page_fixture_find (GTK_WIDGET (self->window), id);

  g_assert_nonnull (found);
  return found;
}

static GtkWidget *
find_type (GtkWidget *widget, GType type, guint *nth)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type) && (*nth)-- == 0)
    return widget;
  for (GtkWidget *below = gtk_widget_get_first_child (widget); below != NULL;
       below = gtk_widget_get_next_sibling (below))
    {
      GtkWidget *found = find_type (below, type, nth);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* (nullable): the @nth widget of that type at or below @widget, in the order of the tree. */
GtkWidget *
page_fixture_find_type (GtkWidget *widget, GType type, guint nth)
{
  return find_type (widget, type, &nth);
}

/* Does what the key is bound to in the widget's class, if it is. */
gboolean
page_fixture_press (GtkWidget *widget, guint key)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      for (guint j = 0; G_IS_LIST_MODEL (controller) && j < g_list_model_get_n_items (G_LIST_MODEL (controller)); j++)
        {
          g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
          GtkShortcutTrigger *trigger = gtk_shortcut_get_trigger (shortcut);

          if (GTK_IS_KEYVAL_TRIGGER (trigger) && gtk_keyval_trigger_get_keyval (GTK_KEYVAL_TRIGGER (trigger)) == key
              && gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), GTK_SHORTCUT_ACTION_EXCLUSIVE, widget,
                                               gtk_shortcut_get_arguments (shortcut)))
            return TRUE;
        }
    }
  return FALSE;
}

void
page_fixture_picture (PageFixture *self, const char *name)
{
  const char *directory = g_getenv ("SYNC_TEST_PICTURES");
  g_autoptr (GdkPaintable) paintable = NULL;
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GtkSnapshot) snapshot = NULL;
  g_autofree char *file = NULL;
  int width, height;

  if (directory == NULL)
    return;
  page_fixture_settle (self);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (self->window));
  paintable = gtk_widget_paintable_new (GTK_WIDGET (self->window));
  width = gdk_paintable_get_intrinsic_width (paintable);
  height = gdk_paintable_get_intrinsic_height (paintable);
  snapshot = gtk_snapshot_new ();
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (self->window)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  file = g_strdup_printf ("%s/%s.png", directory, name);
  g_assert_true (gdk_texture_save_to_png (texture, file));
}

/* It fits into a small screen. */
void
page_fixture_assert_room (PageFixture *self)
{
  int width, height;

  gtk_widget_measure (GTK_WIDGET (self->window), GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL, NULL);
  gtk_widget_measure (GTK_WIDGET (self->window), GTK_ORIENTATION_VERTICAL, 1024, &height, NULL, NULL, NULL);
  g_assert_cmpint (width, <=, 1024);
  g_assert_cmpint (height, <=, 600);
}
