/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shop's own routes file: looked at first, and refused with file, rule and member named. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sync-error.h"
#include "sync-route.h"

typedef struct
{
  char *dir;  /* (owned) */
  char *path; /* (owned) */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("sync-routes-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "routes.json", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  g_rmdir (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->dir);
}

static void
test_first (Fixture *fixture, gconstpointer data)
{
  static const char text[] = "{ \"format\": 1, \"description\": \"ours\","
                             "  \"keys\": { \"Customer\": \"shop_key\", \"Table\":"
                             " { \"field\": \"uid\", \"shipped\": true } }, \"priorities\": { \"Note\": 1 },"
                             "  \"natural\": { \"Customer\": [], \"Table\": [\"hall\", \"number\"] },"
                             "  \"rules\": ["
                             "   { \"name\": \"a\", \"methods\": \"POST\", \"call\": "
                             "\"shop.*.send_order\", \"kind\": \"write\", \"action\": \"create\","
                             "     \"proof\": \"message\", \"type\": [\"{order/kind}\", \"Sales Order\"], "
                             "\"lane\": \"Table/{table}\","
                             "     \"key\": { \"from\": [\"order/uid\"], \"at\": \"order/uid\", "
                             "\"enforced\": true }, \"set\": { \"now\": 1 } },"
                             "   { \"name\": \"b\", \"methods\": [\"POST\", \"PUT\"], \"path\": "
                             "\"/api/resource/Secret/*\", \"kind\": \"online-only\" } ] }";
  static const char order[] = "{\"order\":\"{\\\"uid\\\":\\\"U1\\\"}\",\"table\":\"T 7\"}";
  g_autoptr (GBytes) body = g_bytes_new_static (order, strlen (order));
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRouteTable) table = NULL;
  g_autoptr (SyncRoute) own = NULL, secret = NULL, note = NULL, place = NULL, customer = NULL;
  g_auto (GStrv) types = NULL;
  g_autoptr (GBytes) seat = g_bytes_new_static ("{\"hall\":\"East\",\"number\":4}", 26);
  g_autoptr (GBytes) name = g_bytes_new_static ("{\"customer_name\":\"A\"}", 21);

  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  table = sync_route_table_new (fixture->path, &error);
  g_assert_no_error (error);
  own = sync_route_table_match (table, "POST", "/api/method/shop.api.send_order", "application/json", body,
                                &error);
  g_assert_no_error (error);
  g_assert_cmpint (own->kind, ==, SYNC_ROUTE_WRITE);
  g_assert_cmpstr (own->resource_type, ==, "Sales Order");
  g_assert_cmpstr (own->client_key, ==, "U1");
  g_assert_cmpstr (own->natural_lane, ==, "Table/t 7");
  g_assert_cmpstr (own->forced[0], ==, "now");
  secret = sync_route_table_match (table, "PUT", "/api/resource/Secret/x/y", NULL, NULL, NULL);
  g_assert_cmpint (secret->kind, ==, SYNC_ROUTE_ONLINE_ONLY);
  note = sync_route_table_match (table, "DELETE", "/api/resource/Note/x", NULL, NULL, NULL);
  g_assert_cmpint (note->priority, ==, 1);
  g_assert_cmpstr (sync_route_table_get_key_field (table, "Customer"), ==, "shop_key");
  g_assert_false (sync_route_table_is_key_shipped (table, "Customer"));
  g_assert_true (sync_route_table_is_key_shipped (table, "Table"));
  g_assert_true (sync_route_table_is_key_shipped (table, "Payment Entry"));
  g_assert_false (sync_route_table_is_key_shipped (table, "Item"));
  types = sync_route_table_dup_key_types (table);
  g_assert_cmpuint (g_strv_length (types), ==, 5);
  place = sync_route_table_match (table, "POST", "/api/resource/Table", "application/json", seat, NULL);
  g_assert_cmpstr (place->natural[1], ==, "East");
  g_assert_cmpstr (place->natural[3], ==, "4");
  customer = sync_route_table_match (table, "POST", "/api/resource/Customer", "application/json", name, NULL);
  g_assert_null (customer->natural);
  g_assert_cmpstr (sync_route_table_get_key_field (table, "Item"), ==, "sync_client_id");
}

#define RULES(rule)                                                                                        \
  "{\"format\":1,\"rules\":[{\"name\":\"ok\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\"}," rule \
  "]}"
static const struct
{
  const char *text;
  const char *says;
} bad[] = {
  { "{\"format\":1,\n oops}", "line 2" },
  { "[]", "an object is expected" },
  { "{}", "member “format”" },
  { "{\"format\":2}", "member “format”" },
  { "{\"format\":1,\"extra\":1}", "member “extra”" },
  { "{\"format\":1,\"keys\":[]}", "member “keys”" },
  { "{\"format\":1,\"keys\":{\"A\":1}}", "member “keys”" },
  { "{\"format\":1,\"keys\":{\"A\":{\"shipped\":true}}}", "member “keys”" },
  { "{\"format\":1,\"keys\":{\"A\":{\"field\":\"a\",\"shipped\":1}}}", "member “keys”" },
  { "{\"format\":1,\"keys\":{\"A\":{\"field\":\"a\",\"colour\":1}}}", "member “keys”" },
  { "{\"format\":1,\"priorities\":{\"A\":\"x\"}}", "member “priorities”" },
  { "{\"format\":1,\"rules\":{}}", "member “rules”" },
  { "{\"format\":1,\"natural\":[]}", "member “natural”" },
  { "{\"format\":1,\"natural\":{\"A\":1}}", "member “natural”" },
  { "{\"format\":1,\"natural\":{\"A\":[1]}}", "member “natural”" },
  { "{\"format\":1,\"natural\":{\"A\":{\"may_change\":true}}}", "member “natural”" },
  { "{\"format\":1,\"natural\":{\"A\":{\"fields\":\"a\",\"colour\":true}}}", "member “natural”" },
  { "{\"format\":1,\"natural\":{\"A\":{\"fields\":\"a\",\"may_change\":1}}}", "member “natural”" },
  { RULES ("7"), "rule 2" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\"}"), "rule 2 (n), member “kind”" },
  { RULES ("{\"name\":\"n\",\"path\":\"/x\",\"kind\":\"read\"}"), "member “methods”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"x\",\"kind\":\"read\"}"), "member “path”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"kind\":\"read\"}"), "member “path”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"call\":\"a\",\"kind\":\"read\"}"),
    "member “path”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"reed\"}"), "member “kind”" },
  { RULES (
        "{\"name\":\"n\",\"methods\":\"POST\",\"path\":\"/x\",\"kind\":\"write\",\"proof\":\"message\"}"),
    "member “action”" },
  { RULES (
        "{\"name\":\"n\",\"methods\":\"POST\",\"path\":\"/x\",\"kind\":\"write\",\"action\":\"call\"}"),
    "member “proof”" },
  { RULES (
        "{\"name\":\"n\",\"methods\":\"POST\",\"path\":\"/x\",\"kind\":\"write\",\"action\":\"jump\"}"),
    "member “action”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/"
           "x\",\"kind\":\"write\",\"action\":\"call\",\"proof\":\"empty\"}"),
    "member “methods”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"colour\":1}"),
    "member “colour”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"priority\":11}"),
    "member “priority”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/"
           "x\",\"kind\":\"read\",\"key\":{\"where\":\"x\"}}"),
    "member “key”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/"
           "x\",\"kind\":\"read\",\"key\":{\"enforced\":1}}"),
    "member “key”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"when\":[]}"),
    "member “when”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"when\":{\"a\":{}}}"),
    "member “when”" },
  { RULES (
        "{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"set\":{\"a\":\"b\"}}"),
    "member “set”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"field\":\"a\"}"),
    "member “field”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"natural\":[\"a\"]}"),
    "member “natural”" },
  { RULES ("{\"name\":\"n\",\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\",\"natural\":{\"a\":1}}"),
    "member “natural”" },
  { RULES ("{\"name\":\"n\",\"methods\":[],\"path\":\"/x\",\"kind\":\"read\"}"), "member “methods”" },
  { RULES ("{\"name\":1,\"methods\":\"GET\",\"path\":\"/x\",\"kind\":\"read\"}"), "member “name”" },
};
#undef RULES

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (fixture->path, bad[i].text, -1, NULL));
      g_assert_null (sync_route_table_new (fixture->path, &error));
      g_test_message ("%s", error->message);
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, fixture->path));
      g_assert_nonnull (strstr (error->message, bad[i].says));
    }
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sync_route_table_new (fixture->path, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, fixture->path));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/sync/route-file/looked-at-first", Fixture, NULL, set_up, test_first, tear_down);
  g_test_add ("/sync/route-file/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/sync/route-file/missing", Fixture, NULL, set_up, test_missing, tear_down);
  return g_test_run ();
}
