/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a new document gets its name: by the client where the API honours that, by amendment, number series,
 * field, format or chance; and the clock of the stamps. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

#define HASH_LENGTH 10

static gint64
next_us (SyncPracticeShop *self)
{
  self->last_us = MAX (sync_clock_wall_us (self->clock), self->last_us + 1);
  return self->last_us;
}

/* Returns: (transfer full): the time in the site's zone. */
char *
sync_practice_shop_format_us (SyncPracticeShop *self, gint64 us, const char *format)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (us / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, self->zone);

  return g_date_time_format (local, format);
}

static char *
stamp (SyncPracticeShop *self, gint64 us)
{
  g_autofree char *seconds = sync_practice_shop_format_us (self, us, "%Y-%m-%d %H:%M:%S");
  guint fraction = us % G_USEC_PER_SEC;

  /* As Python prints it: no fraction when it is exactly zero. */
  return fraction == 0 ? g_steal_pointer (&seconds) : g_strdup_printf ("%s.%06u", seconds, fraction);
}

/**
 * sync_practice_shop_now:
 * @self: a shop
 *
 * Returns: (transfer full): a stamp as `modified` has it: the site's zone, microseconds, later than every one
 * before
 */
char *
sync_practice_shop_now (SyncPracticeShop *self)
{
  return stamp (self, next_us (self));
}

/* Returns: (transfer full): a random name. */
char *
sync_practice_shop_hash (SyncPracticeShop *self)
{
  guint8 bytes[HASH_LENGTH];
  char *name = g_malloc (HASH_LENGTH + 1);

  sync_random_fill (self->random, bytes, sizeof bytes);
  for (guint i = 0; i < HASH_LENGTH; i++)
    name[i] = "0123456789abcdefghijklmnopqrstuv"[bytes[i] & 31];
  name[HASH_LENGTH] = '\0';
  return name;
}

static char *
series_name (SyncPracticeCall *call, SyncPracticeDocType *doctype)
{
  SyncPracticeShop *shop = call->shop;
  g_auto (GStrv) parts = g_strsplit (doctype->naming + strlen ("series:"), ".", -1);
  g_autoptr (GString) prefix = g_string_new (NULL);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      gboolean long_year = strcmp (parts[i], "YYYY") == 0;
      g_autofree char *year = NULL;

      if (long_year || strcmp (parts[i], "YY") == 0)
        year = sync_practice_shop_format_us (shop, sync_clock_wall_us (shop->clock), long_year ? "%Y" : "%y");
      g_string_append (prefix, year != NULL ? year : parts[i]);
    }
  return g_strdup_printf ("%s%0*" G_GINT64_FORMAT, prefix->str, (int) doctype->digits,
                          sync_practice_store_next_in_series (shop->store, prefix->str));
}

/* "Acme Ltd", then "Acme Ltd - 1", ... with a remark instead of an error. */
static char *
customer_name (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *wanted)
{
  for (guint i = 0;; i++)
    {
      g_autofree char *name = i == 0 ? g_strdup (wanted) : g_strdup_printf ("%s - %u", wanted, i);
      g_autofree char *taken = sync_practice_store_dup_name (call->shop->store, doctype->name, name);

      if (taken != NULL)
        continue;
      if (i > 0)
        sync_practice_call_say (call, "Note", "yellow", FALSE,
                                "Changed customer name to '%s' as '%s' already exists.",
                                name, wanted);
      return g_steal_pointer (&name);
    }
}

/* "{a}-{b}"; taken names get a number. */
static char *
format_name (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc)
{
  g_autoptr (GString) wanted = g_string_new (NULL);
  g_auto (GStrv) parts = g_strsplit_set (doctype->naming + strlen ("format:"), "{}", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    g_string_append (wanted, i % 2 == 0 ? parts[i]
                     : sync_json_member_text (doc, parts[i], ""));
  for (guint i = 0;; i++)
    {
      g_autofree char *name = i == 0 ? g_strdup (wanted->str) : g_strdup_printf ("%s-%u", wanted->str, i);
      g_autofree char *taken = sync_practice_store_dup_name (call->shop->store, doctype->name, name);

      if (taken == NULL)
        return g_steal_pointer (&name);
    }
}

/* An amendment of X is X-1, of X-1 it is X-2. */
static char *
amended_name (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *from)
{
  g_autoptr (JsonObject) old = sync_practice_store_dup_doc (call->shop->store, doctype->name, from);
  const char *dash = strrchr (from, '-');

  if (old == NULL)
    {
      sync_practice_call_fail (call, 417, "LinkValidationError", "Could not find Amended From: %s", from);
      return NULL;
    }
  if (json_object_get_int_member (old, "docstatus") != 2)
    {
      sync_practice_call_fail (call, 417, "ValidationError",
                               "%s cannot be amended because it is not cancelled. Please cancel the document"
                               " before"
                               " creating an amendment.", from);
      return NULL;
    }
  if (json_object_has_member (old, "amended_from") && dash != NULL)
    return g_strdup_printf ("%.*s-%d", (int) (dash - from), from, atoi (dash + 1) + 1);
  return g_strconcat (from, "-1", NULL);
}

/**
 * sync_practice_naming_given:
 * @doctype: a DocType
 * @sent: the fields given
 * @api_name: whether the client may choose
 *
 * Returns: (nullable): the name that the client chose, where it is text and counts
 */
const char *
sync_practice_naming_given (SyncPracticeDocType *doctype, JsonObject *sent, gboolean api_name)
{
  JsonNode *node = json_object_get_member (sent, "name");

  if (node == NULL || !(api_name || strcmp (doctype->naming, "prompt") == 0) || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  return json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

/**
 * sync_practice_naming_choose:
 * @call: a call
 * @doctype: a DocType
 * @doc: a new document
 * @given: (nullable): the name that was chosen
 *
 * Returns: (transfer full) (nullable): its name, %NULL when the amendment it would be is refused
 */
char *
sync_practice_naming_choose (SyncPracticeCall *call, SyncPracticeDocType *doctype, JsonObject *doc,
                             const char *given)
{
  const char *amended_from = sync_json_member_text (doc, "amended_from", NULL);

  if (given != NULL && given[0] != '\0')
    return g_strdup (given);
  if (amended_from != NULL)
    return amended_name (call, doctype, amended_from);
  if (g_str_has_prefix (doctype->naming, "series:"))
    return series_name (call, doctype);
  if (strcmp (doctype->naming, "customer") == 0)
    return customer_name (call, doctype,
                          sync_json_member_text (doc, "customer_name", ""));
  if (strcmp (doctype->naming, "custom-field") == 0)
    return g_strdup_printf ("%s-%s", sync_json_member_text (doc, "dt", ""),
                            sync_json_member_text (doc, "fieldname", ""));
  if (g_str_has_prefix (doctype->naming, "field:"))
    return g_strdup (sync_json_member_text (doc, doctype->naming + strlen ("field:"),
                                                                 ""));
  if (g_str_has_prefix (doctype->naming, "format:"))
    return format_name (call, doctype, doc);
  return sync_practice_shop_hash (call->shop);
}
