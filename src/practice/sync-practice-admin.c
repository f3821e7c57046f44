/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `/_practice/`: the ledger and the switches of a shop in another process. Loopback only, no token.
 *   GET /_practice/ledger?doctype=D          what the shop holds, and every committed write
 *   GET|PUT|DELETE /_practice/faults          PUT takes one fault or a list of them
 *   POST /_practice/line {"up": false, "for_ms": N}   the line is cut; after N ms it is up again
 *   POST /_practice/maintenance {"mode": "off|stopped|read-only"}
 * One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

static void
set_ok (SyncPracticeCall *call, guint status)
{
  JsonObject *result = json_object_new ();

  json_object_set_boolean_member (result, "ok", TRUE);
  call->status = status;
  sync_practice_call_return_object (call, result);
}

static void
refuse (SyncPracticeCall *call, const char *reason)
{
  sync_practice_call_fail (call, 400, "ValidationError", "%s", reason);
  call->traced = FALSE;
}

static JsonNode *
parse_body (SyncPracticeCall *call)
{
  JsonNode *node = call->n_body > 0 ? json_from_string (call->body, NULL) : NULL;

  if (node == NULL)
    refuse (call, "The body is not JSON");
  return node;
}

static void
put_faults (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) node = parse_body (call);
  g_autoptr (JsonArray) list = json_array_new ();
  JsonArray *ids = json_array_new ();
  JsonObject *result = json_object_new ();

  json_object_set_array_member (result, "ids", ids);
  sync_practice_call_return_object (call, result);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    json_array_add_object_element (list, json_node_dup_object (node));
  else if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    {
      json_array_unref (list);
      list = json_node_dup_array (node);
    }
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      g_autoptr (GError) error = NULL;
      JsonNode *element = json_array_get_element (list, i);
      guint id = 0;

      if (JSON_NODE_HOLDS_OBJECT (element))
        id = sync_practice_shop_add_fault_json (call->shop, json_node_get_object (element), &error);
      if (id == 0)
        {
          refuse (call, error != NULL ? error->message : "A fault is a JSON object");
          return;
        }
      json_array_add_int_element (ids, id);
    }
}

static void
get_faults (SyncPracticeCall *call)
{
  JsonObject *result = json_object_new ();
  JsonArray *answers = json_array_new ();
  const char *const *names = sync_practice_fault_answers ();

  for (guint i = 0; names[i] != NULL; i++)
    json_array_add_string_element (answers, names[i]);
  json_object_set_array_member (result, "faults", sync_practice_faults_list (call->shop->faults));
  json_object_set_array_member (result, "answers", answers);
  sync_practice_call_return_object (call, result);
}

static void
line_up_again (gpointer user_data)
{
  g_autoptr (SyncPracticeShop) shop = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_practice_shop_listen (shop, shop->port, &error))
    g_warning ("%s", error->message);
}

static void
line_down (gpointer user_data)
{
  g_autoptr (SyncPracticeShop) shop = user_data;

  sync_practice_shop_stop (shop);
}

/* The line goes down after this answer had the time to leave. Without for_ms nobody can bring it up by
 * HTTP. */
static void
set_line (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) node = parse_body (call);
  JsonObject *body = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  SyncPracticeShop *shop = call->shop;
  gint64 now = sync_clock_boot_us (shop->clock);
  gint64 for_ms;

  if (body == NULL)
    return;
  for_ms = sync_json_member_int (body, "for_ms", -1);
  if (!sync_json_member_boolean (body, "up", TRUE))
    {
      sync_clock_add_alarm (shop->clock, now + 20000, line_down, g_object_ref (shop));
      if (for_ms >= 0)
        sync_clock_add_alarm (shop->clock, now + 20000 + for_ms * 1000, line_up_again, g_object_ref (shop));
    }
  set_ok (call, 202);
}

static void
set_maintenance (SyncPracticeCall *call)
{
  g_autoptr (JsonNode) node = parse_body (call);
  JsonObject *body = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *mode = body != NULL ? sync_json_member_text (body, "mode", "") : "";

  if (strcmp (mode, "off") == 0)
    call->shop->maintenance = SYNC_PRACTICE_MAINTENANCE_OFF;
  else if (strcmp (mode, "stopped") == 0)
    call->shop->maintenance = SYNC_PRACTICE_MAINTENANCE_STOPPED;
  else if (strcmp (mode, "read-only") == 0)
    call->shop->maintenance = SYNC_PRACTICE_MAINTENANCE_READ_ONLY;
  else
    {
      refuse (call, "mode is off, stopped or read-only");
      return;
    }
  set_ok (call, 200);
}

static gboolean
is (SyncPracticeCall *call, const char *verb, const char *path)
{
  return strcmp (call->method, verb) == 0 && strcmp (call->path, path) == 0;
}

/* Handles a request below /_practice/. */
void
sync_practice_admin (SyncPracticeCall *call)
{
  const char *doctype = call->query != NULL ? g_hash_table_lookup (call->query, "doctype") : NULL;

  call->result_key = "data";
  if (is (call, "GET", "/_practice/ledger"))
    sync_practice_call_return_object (call, sync_practice_shop_dup_ledger (call->shop, doctype));
  else if (is (call, "GET", "/_practice/faults"))
    get_faults (call);
  else if (is (call, "PUT", "/_practice/faults"))
    put_faults (call);
  else if (is (call, "DELETE", "/_practice/faults"))
    {
      sync_practice_shop_clear_faults (call->shop);
      sync_practice_http_end_slowness (call->shop);
      set_ok (call, 200);
    }
  else if (is (call, "POST", "/_practice/line"))
    set_line (call);
  else if (is (call, "POST", "/_practice/maintenance"))
    set_maintenance (call);
  else
    sync_practice_call_fail_page (call, 404, "Not Found", "There is no such switch.");
}
