/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The request value: one row of the queue in memory. No I/O, no thread of its own. */
#include "config.h"

#include "sync-request.h"

G_DEFINE_BOXED_TYPE (SyncRequest, sync_request, sync_request_ref, sync_request_unref)

static void
sync_request_clear (gpointer data)
{
  SyncRequest *self = data;

  g_free (self->site);
  g_free (self->author);
  g_free (self->key);
  g_free (self->fingerprint);
  g_free (self->family);
  g_free (self->method);
  g_free (self->url);
  g_free (self->effective_url);
  g_free (self->headers);
  g_free (self->content_type);
  g_clear_pointer (&self->accepted_body, g_bytes_unref);
  g_clear_pointer (&self->effective_body, g_bytes_unref);
  g_clear_pointer (&self->base_document, g_bytes_unref);
  g_free (self->base_modified);
  g_free (self->resource_type);
  g_free (self->resource_id);
  g_free (self->server_name);
  g_free (self->resource_version);
  g_free (self->lane);
  g_free (self->action);
  g_free (self->group_name);
  g_free (self->exc_type);
  g_free (self->error_message);
  g_free (self->proof);
  g_free (self->response);
  g_free (self->discard_reason);
  g_clear_pointer (&self->depends_on, g_array_unref);
}

/**
 * sync_request_new:
 *
 * Returns: (transfer full): a request with every field empty, `pending`, of priority 3
 */
SyncRequest *
sync_request_new (void)
{
  SyncRequest *self = g_atomic_rc_box_new0 (SyncRequest);

  self->priority = 3;
  return self;
}

/**
 * sync_request_ref:
 * @self: a request
 *
 * Returns: (transfer full): @self; any thread
 */
SyncRequest *
sync_request_ref (SyncRequest *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * sync_request_unref:
 * @self: (transfer full): a request
 *
 * Gives a reference back; any thread.
 */
void
sync_request_unref (SyncRequest *self)
{
  g_atomic_rc_box_release_full (self, sync_request_clear);
}

/**
 * sync_request_get_body:
 * @self: a request that was read with its bodies
 *
 * Returns: (transfer none) (nullable): the body that delivery starts from: the effective one, else the accepted one
 */
GBytes *
sync_request_get_body (const SyncRequest *self)
{
  return self->effective_body != NULL ? self->effective_body : self->accepted_body;
}

/**
 * sync_request_get_url:
 * @self: a request
 *
 * Returns: (transfer none): path and query that delivery starts from: the effective one, else the accepted one
 */
const char *
sync_request_get_url (const SyncRequest *self)
{
  return self->effective_url != NULL ? self->effective_url : self->url;
}

/**
 * sync_request_get_document_name:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): the document's name on the server if it is known, else the caller's
 */
const char *
sync_request_get_document_name (const SyncRequest *self)
{
  return self->server_name != NULL ? self->server_name : self->resource_id;
}

/**
 * sync_request_is_sale:
 * @self: a request
 *
 * Returns: whether it is a sale, as a cashier would call it
 */
gboolean
sync_request_is_sale (const SyncRequest *self)
{
  return g_strcmp0 (self->resource_type, "Sales Invoice") == 0 || g_strcmp0 (self->resource_type, "POS Invoice") == 0;
}

/**
 * sync_request_dup_id_list:
 * @ids: (element-type gint64): of one or more requests
 *
 * Returns: (transfer full): them in words, "request 3" or "requests 3, 4 and 2 more"
 */
char *
sync_request_dup_id_list (GArray *ids)
{
  GString *text = g_string_new (ids->len == 1 ? "request" : "requests");
  guint n = ids->len > 21 ? 20 : ids->len;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : " ", g_array_index (ids, gint64, i));
  if (n < ids->len)
    g_string_append_printf (text, " and %u more", ids->len - n);
  return g_string_free (text, FALSE);
}
