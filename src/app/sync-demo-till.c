/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The till of the demonstration: what it sells, the documents that a point of sale makes of it, and the HTTP calls of
 * its browser. Main thread. */
#include "config.h"

#include "sync-demo-till.h"

#include "sync-error.h"

/* An answer that tells more than this is cut in the error message. */
#define MAX_WORDS 300

typedef struct
{
  const char *customer;
  const char *item;
  guint quantity;
  guint rate;
} Line;

static const Line lines[SYNC_DEMO_N_SALES] = {
  { "Corner Bakery", "ITEM-001", 3, 10 }, { "Walk In", "ITEM-002", 1, 20 },
  { "Harbour Cafe", "ITEM-004", 2, 40 },  { "Green Grocer", "ITEM-003", 4, 30 },
  { "Hill School", "ITEM-001", 1, 10 },   { "Book Corner", "ITEM-002", 3, 20 },
  { "Bike Repair", "ITEM-004", 1, 40 },   { "Flower Stall", "ITEM-003", 3, 30 },
  { "River Hotel", "ITEM-002", 7, 20 },   { "Night Kiosk", "ITEM-001", 5, 10 },
};

/* Customer, item, quantity, rate, amount. None of them needs escaping. */
static const char invoice_format[] =
  "{\"doctype\":\"Sales Invoice\",\"customer\":\"%s\",\"company\":\"Test Co\",\"pos_profile\":\"Main POS\","
  "\"is_pos\":1,\"update_stock\":1,\"currency\":\"USD\",\"selling_price_list\":\"Standard Selling\","
  "\"items\":[{\"item_code\":\"%s\",\"qty\":%u,\"rate\":%u,\"uom\":\"Nos\",\"conversion_factor\":1,"
  "\"warehouse\":\"Stores - TC\"}],"
  "\"payments\":[{\"mode_of_payment\":\"Cash\",\"amount\":%u,\"type\":\"Cash\",\"account\":\"Cash - TC\"}]}";

/**
 * sync_demo_till_get_customer:
 * @index: below SYNC_DEMO_N_SALES
 *
 * Returns: (transfer none): who buys
 */
const char *
sync_demo_till_get_customer (guint index)
{
  return lines[index].customer;
}

/**
 * sync_demo_till_get_amount:
 * @index: below SYNC_DEMO_N_SALES
 *
 * Returns: what the sale comes to, in the shop's currency
 */
guint
sync_demo_till_get_amount (guint index)
{
  return lines[index].quantity * lines[index].rate;
}

/**
 * sync_demo_till_make_customer:
 * @index: below SYNC_DEMO_N_SALES
 *
 * Returns: (transfer full): the customer's document, to be created in the shop before the story begins
 */
JsonObject *
sync_demo_till_make_customer (guint index)
{
  JsonObject *document = json_object_new ();

  json_object_set_string_member (document, "customer_name", lines[index].customer);
  json_object_set_string_member (document, "customer_group", "Commercial");
  json_object_set_string_member (document, "territory", "All Territories");
  return document;
}

/**
 * sync_demo_till_make_submission:
 * @index: below SYNC_DEMO_N_SALES
 * @key: the till's idempotency key
 *
 * Returns: (transfer full): the body of the gateway's call that hands the sale over
 */
JsonObject *
sync_demo_till_make_submission (guint index, const char *key)
{
  const Line *line = &lines[index];
  g_autofree char *invoice = g_strdup_printf (invoice_format, line->customer, line->item, line->quantity, line->rate,
                                              sync_demo_till_get_amount (index));
  JsonObject *body = json_object_new ();
  JsonObject *submission = json_object_new ();

  json_object_set_string_member (body, "client_request_id", key);
  json_object_set_string_member (body, "invoice", invoice);
  json_object_set_string_member (body, "data", "{}");
  json_object_set_string_member (submission, "method", "POST");
  json_object_set_string_member (submission, "url", SYNC_DEMO_OUTBOX_PATH);
  json_object_set_string_member (submission, "key", key);
  json_object_set_object_member (submission, "body", body);
  return submission;
}

/**
 * sync_demo_till_post_async:
 * @session: the till's browser
 * @base_url: where to
 * @path: of the call
 * @authorization: the header's value
 * @body: (transfer full): what to send
 * @cancellable: ends it
 * @callback: in the thread-default main context
 * @user_data: for @callback
 *
 * Sends one document.
 */
void
sync_demo_till_post_async (SoupSession *session, const char *base_url, const char *path, const char *authorization,
                           JsonObject *body, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autofree char *url = g_strconcat (base_url, path, NULL);
  g_autoptr (SoupMessage) message = soup_message_new ("POST", url);
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  g_autoptr (GBytes) bytes = NULL;

  json_node_take_object (root, body);
  text = json_to_string (root, FALSE);
  bytes = g_bytes_new (text, strlen (text));
  soup_message_headers_append (soup_message_get_request_headers (message), "Authorization", authorization);
  soup_message_set_request_body_from_bytes (message, "application/json", bytes);
  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, cancellable, callback, user_data);
}

/**
 * sync_demo_till_post_finish:
 * @session: the till's browser
 * @result: of sync_demo_till_post_async()
 * @expected: the HTTP status that the call must answer
 * @error: why not
 *
 * Returns: (transfer full) (nullable): the answer; %NULL with @error of GIO's domains, or %SYNC_ERROR_INVALID for
 *   another status or no JSON object
 */
JsonObject *
sync_demo_till_post_finish (SoupSession *session, GAsyncResult *result, guint expected, GError **error)
{
  g_autoptr (GBytes) body = soup_session_send_and_read_finish (session, result, error);
  guint status = soup_message_get_status (soup_session_get_async_result_message (session, result));
  g_autoptr (JsonParser) parser = json_parser_new ();
  const char *text;
  gsize length;
  JsonNode *root;

  if (body == NULL)
    return NULL;
  text = g_bytes_get_data (body, &length);
  if (status != expected)
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "HTTP status %u: %.*s", status,
                   (int) MIN (length, MAX_WORDS), text != NULL ? text : "");
      return NULL;
    }
  if (!json_parser_load_from_data (parser, text, (gssize) length, error))
    return NULL;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, SYNC_ERROR, SYNC_ERROR_INVALID, "The answer is no JSON object");
      return NULL;
    }
  return json_node_dup_object (root);
}
