/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shop with a virtual clock, and calls to it as its cashier. */
#include "config.h"

#include "shop-fixture.h"

#include <string.h>

void
shop_fixture_open (ShopFixture *fixture, const char *database)
{
  g_autoptr (GError) error = NULL;

  fixture->shop = sync_practice_shop_new (SYNC_CLOCK (fixture->clock), fixture->random, database, &error);
  g_assert_no_error (error);
  g_assert_true (sync_practice_shop_listen (fixture->shop, 0, &error));
}

void
shop_fixture_set_up (ShopFixture *fixture, gconstpointer data)
{
  fixture->clock = sync_clock_virtual_new ();
  fixture->random = sync_random_seeded_new (7);
  shop_fixture_open (fixture, NULL);
}

void
shop_fixture_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
shop_fixture_tear_down (ShopFixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->shop);
  shop_fixture_settle ();
  g_object_unref (fixture->random);
  g_object_unref (fixture->clock);
}

WireMessage *
shop_fixture_call (ShopFixture *fixture, const char *verb, const char *path, const char *body)
{
  return wire_call (sync_practice_shop_get_port (fixture->shop), verb, path, "cashier", body);
}

/* Makes the call, wants the status, returns the document of the answer. */
JsonObject *
shop_fixture_want (ShopFixture *fixture, const char *verb, const char *path, const char *body, guint status)
{
  g_autoptr (WireMessage) answer = shop_fixture_call (fixture, verb, path, body);
  g_autoptr (JsonObject) json = wire_message_dup_json (answer);
  JsonNode *data = json != NULL ? json_object_get_member (json, "data") : NULL;

  if (wire_message_status (answer) != status)
    g_error ("%s %s: %s\n%s", verb, path, answer->start, answer->body);
  return data != NULL && JSON_NODE_HOLDS_OBJECT (data) ? json_node_dup_object (data) : NULL;
}

/* The call is refused with this exc_type. */
void
shop_fixture_want_refused (ShopFixture *fixture, const char *verb, const char *path, const char *body,
                           const char *exc_type)
{
  g_autoptr (WireMessage) answer = shop_fixture_call (fixture, verb, path, body);
  g_autoptr (JsonObject) json = wire_message_dup_json (answer);

  g_assert_nonnull (json);
  g_assert_cmpstr (json_object_get_string_member_with_default (json, "exc_type", NULL), ==, exc_type);
}

char *
shop_fixture_path_of (JsonObject *doc)
{
  g_autofree char *doctype =
    g_uri_escape_string (json_object_get_string_member (doc, "doctype"), NULL, FALSE);

  return g_strjoin ("/", "/api/resource", doctype, json_object_get_string_member (doc, "name"), NULL);
}
