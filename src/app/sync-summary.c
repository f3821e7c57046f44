/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Customer and amount of a request, read from its body for display only: what is not found is left out, and nothing
 * is decided by it. Understands documents as they are, wrapped in an argument (`invoice`, `data`, …), as JSON inside
 * a text, and in a form. No toolkit, any thread. */
#include "config.h"

#include "sync-summary.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

/* A form or JSON in a text in an argument: nobody nests deeper. */
#define MAX_DEPTH 3

static const char *const party_members[] = { "customer_name", "customer", "party_name", "party", "title", NULL };
static const char *const amount_members[] = { "rounded_total", "grand_total", "paid_amount", "total_amount", NULL };
static const char *const wrappers[] = { "invoice", "doc", "data", "payload", NULL };

void
sync_summary_free (SyncSummary *self)
{
  g_free (self->party);
  g_free (self->amount);
  g_free (self);
}

static JsonObject *
parse_object (const char *text, gssize length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;

  if (!json_parser_load_from_data (parser, text, length, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root) : NULL;
}

static JsonObject *
parse_form (const char *text, gssize length)
{
  g_autoptr (GHashTable) form = g_uri_parse_params (text, length, "&", G_URI_PARAMS_WWW_FORM, NULL);
  JsonObject *object;
  GHashTableIter iter;
  gpointer name, value;

  if (form == NULL)
    return NULL;
  object = json_object_new ();
  g_hash_table_iter_init (&iter, form);
  while (g_hash_table_iter_next (&iter, &name, &value))
    json_object_set_string_member (object, name, value);
  return object;
}

/* A member that is a number, or a text with one. */
static gboolean
get_number (JsonObject *object, const char *name, double *number)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    *number = g_ascii_strtod (json_node_get_string (node), NULL);
  else
    *number = json_node_get_double (node);
  return TRUE;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/* What was paid counts where the document has no total yet, which is how a till sends it. */
static gboolean
sum_payments (JsonObject *object, double *sum)
{
  JsonNode *node = json_object_get_member (object, "payments");
  JsonArray *payments;
  gboolean found = FALSE;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  *sum = 0;
  payments = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (payments); i++)
    {
      JsonNode *payment = json_array_get_element (payments, i);
      double amount;

      if (JSON_NODE_HOLDS_OBJECT (payment) && get_number (json_node_get_object (payment), "amount", &amount))
        {
          *sum += amount;
          found = TRUE;
        }
    }
  return found;
}

static void
read_amount (SyncSummary *self, JsonObject *object)
{
  const char *currency = get_text (object, "currency");
  double amount = 0;
  gboolean found = FALSE;

  for (guint i = 0; amount_members[i] != NULL && !found; i++)
    found = get_number (object, amount_members[i], &amount);
  if (!found)
    found = sum_payments (object, &amount);
  if (found)
    self->amount = g_strdup_printf ("%.2f%s%s", amount, currency != NULL ? " " : "", currency != NULL ? currency : "");
}

static void
read_object (SyncSummary *self, JsonObject *object, guint depth)
{
  for (guint i = 0; party_members[i] != NULL && self->party == NULL; i++)
    {
      const char *text = get_text (object, party_members[i]);

      if (text != NULL && *text != '\0')
        self->party = g_strdup (text);
    }
  if (self->amount == NULL)
    read_amount (self, object);
  if (depth >= MAX_DEPTH)
    return;
  for (guint i = 0; wrappers[i] != NULL && (self->party == NULL || self->amount == NULL); i++)
    {
      JsonNode *node = json_object_get_member (object, wrappers[i]);
      const char *text = get_text (object, wrappers[i]);
      g_autoptr (JsonObject) inner = NULL;

      if (text != NULL)
        inner = parse_object (text, -1);
      else if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
        inner = json_node_dup_object (node);
      if (inner != NULL)
        read_object (self, inner, depth + 1);
    }
}

/**
 * sync_summary_new:
 * @request: a request with its body
 *
 * Returns: (transfer full): whom it is for and how much, as far as the body says so
 */
SyncSummary *
sync_summary_new (const SyncRequest *request)
{
  SyncSummary *self = g_new0 (SyncSummary, 1);
  GBytes *body = sync_request_get_body (request);
  g_autoptr (JsonObject) object = NULL;
  const char *text;
  gsize length;

  if (body == NULL || g_bytes_get_size (body) == 0)
    return self;
  text = g_bytes_get_data (body, &length);
  object = parse_object (text, (gssize) length);
  if (object == NULL && g_utf8_validate_len (text, length, NULL))
    object = parse_form (text, (gssize) length);
  if (object != NULL)
    read_object (self, object, 0);
  return self;
}

/**
 * sync_summary_is_sale:
 * @request: a request
 *
 * Returns: whether it is a sale, as a cashier would call it
 */
gboolean
sync_summary_is_sale (const SyncRequest *request)
{
  return g_strcmp0 (request->resource_type, "Sales Invoice") == 0
         || g_strcmp0 (request->resource_type, "POS Invoice") == 0;
}

/**
 * sync_summary_type_words:
 * @request: a request
 *
 * Returns: (transfer none): what kind of document it is, in the user's language where the kind is a common one
 */
const char *
sync_summary_type_words (const SyncRequest *request)
{
  if (sync_summary_is_sale (request))
    return _ ("Sale");
  if (request->resource_type == NULL)
    return _ ("Other");
  if (strcmp (request->resource_type, "Payment Entry") == 0)
    return _ ("Payment");
  if (strcmp (request->resource_type, "Customer") == 0)
    return _ ("Customer");
  if (strcmp (request->resource_type, "Address") == 0)
    return _ ("Address");
  if (strcmp (request->resource_type, "Sales Order") == 0)
    return _ ("Order");
  return request->resource_type;
}
