/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request in a window of its own, for pages that have no pane. Main thread. */
#include "config.h"

#include "sync-details.h"

#include "sync-dialog.h"
#include "sync-request-pane.h"

#include <glib/gi18n.h>

static void
go_to_cb (SyncRequestPane *pane, gint64 id)
{
  sync_request_pane_show_request (pane, id);
}

/**
 * sync_details_present:
 * @parent: the window in front of which it is shown
 * @reader: a store to read from
 * @request_id: of what
 *
 * Shows one request.
 *
 * Returns: (transfer none) (nullable): the dialog, %NULL if there is no such request any more
 */
GtkWindow *
sync_details_present (GtkWindow *parent, SyncStore *reader, gint64 request_id)
{
  SyncRequestPane *pane = g_object_ref_sink (g_object_new (SYNC_TYPE_REQUEST_PANE, "vexpand", TRUE, NULL));
  GtkWindow *window = NULL;

  sync_request_pane_set_reader (pane, reader);
  if (sync_request_pane_show_request (pane, request_id))
    {
      g_signal_connect (pane, "go-to", G_CALLBACK (go_to_cb), NULL);
      window = sync_dialog_new (parent, _ ("Details"), GTK_WIDGET (pane));
      gtk_window_set_default_size (window, 520, 540);
      gtk_window_present (window);
    }
  g_object_unref (pane);
  return window;
}
