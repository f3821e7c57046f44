/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one step of a delivery sends: made anew from the row each time. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

#include "sync-body.h"

/* A create whose draft is on the server already and was edited since: the draft is changed instead of made. A method that
 * makes and submits takes its draft up by itself, by the key. */
gboolean
sync_delivery_is_draft_update (const SyncRoute *route, const SyncRequest *request)
{
  return route->action == SYNC_ACTION_CREATE && route->document_path != NULL && request->step == 0
         && request->server_name != NULL;
}

/* What this step of the delivery is, and what proves it. */
void
sync_delivery_read_step (const SyncOperation *op, SyncAction *action, SyncProof *proof)
{
  *action = op->route->action;
  *proof = op->route->proof;
  if (sync_delivery_is_draft_update (op->route, op->request))
    {
      *action = SYNC_ACTION_UPDATE;
      *proof = SYNC_PROOF_DOCUMENT;
      return;
    }
  if (!op->route->submit_after)
    return;
  *action = op->request->step == 0 ? SYNC_ACTION_CREATE : SYNC_ACTION_SUBMIT;
  *proof = op->request->step == 0 ? SYNC_PROOF_DOCUMENT : SYNC_PROOF_SUBMITTED;
}

/* The body that makes the draft is sent as an update of it, against the version that was seen. */
static GBytes *
build_draft_update (SyncOperation *op, const char *path, GError **error)
{
  g_autoptr (GBytes) draft = NULL;
  g_autoptr (SyncRoute) update = NULL;
  const char *content_type;

  draft = sync_body_build_wire (op->route, op->request->content_type, sync_request_get_body (op->request), op->request->key,
                                NULL, 0, error);
  if (draft == NULL)
    return NULL;
  content_type = sync_body_wire_content_type (op->route, op->request->content_type, 0);
  update = sync_route_table_match (op->engine->routes, "PUT", path, content_type, draft, error);
  if (update == NULL)
    return NULL;
  return sync_body_build_wire (update, content_type, draft, NULL, op->request->base_modified, 0, error);
}

/* A sale says when it was made. */
static GBytes *
put_posting_time (SyncOperation *op, GBytes *body)
{
  const SyncRequest *request = op->request;
  g_autofree char *date = NULL;
  g_autofree char *time = NULL;

  if (request->step > 0 || !sync_body_takes_posting_time (request->resource_type, request->action)
      || !sync_zone_get_posting (op->engine, sync_engine_get_accepted_ms (op->engine, request), &date, &time))
    return g_bytes_ref (body);
  return sync_body_put_posting_time (op->route, sync_body_wire_content_type (op->route, request->content_type, 0), body,
                                     date, time);
}

/* (transfer full) (nullable): the row's body, its child rows whole, as far as the document is known on which it was made */
static GBytes *
dup_whole_body (SyncEngine *self, const SyncRoute *route, SyncRequest *request)
{
  GBytes *body = sync_request_get_body (request);
  g_autofree char *base = NULL;

  if (route->action == SYNC_ACTION_UPDATE && sync_body_has_rows (route, request->content_type, body))
    base = sync_settle_dup_base (self, request);
  if (base != NULL)
    return sync_body_complete_rows (route, request->content_type, body, base);
  return body != NULL ? g_bytes_ref (body) : NULL;
}

/* (transfer full) (nullable): the call that this step of the delivery is; NULL with @error */
SyncTransportRequest *
sync_delivery_build_call (SyncOperation *op, GError **error)
{
  SyncEngine *self = op->engine;
  g_autoptr (GBytes) body = NULL;
  g_autofree char *method = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) local_error = NULL;
  SyncTransportRequest *call;

  if (sync_delivery_is_draft_update (op->route, op->request))
    {
      method = g_strdup ("PUT");
      path = sync_route_dup_document_path (op->request->resource_type, op->request->server_name);
      body = build_draft_update (op, path, &local_error);
    }
  else
    {
      g_autoptr (GBytes) whole = dup_whole_body (self, op->route, op->request);

      sync_route_wire_target (op->route, op->request->method, sync_request_get_url (op->request), op->request->step,
                              op->request->server_name, &method, &path);
      body = sync_body_build_wire (op->route, op->request->content_type, whole, op->request->key, op->request->base_modified,
                                   op->request->step, &local_error);
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  call = sync_engine_new_call (self, method, path);
  call->write = TRUE;
  call->timeout_ms = self->config->write_timeout;
  call->reuse_connection = g_str_equal (method, "POST") && sync_engine_key_is_enforced (self, op->route);
  if (body != NULL)
    {
      call->body = put_posting_time (op, body);
      call->content_type
        = g_strdup (sync_body_wire_content_type (op->route, op->request->content_type, op->request->step));
    }
  return call;
}
