/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Customer and amount as the bodies of tills carry them, and nothing where they are not certain. */
#include "config.h"

#include <string.h>

#include "sync-summary.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

/* clang-format off */
static const struct
{
  const char *type;
  const char *body;
  const char *customer;
  const char *title;
  const char *amount;
  const char *currency;
} rows[] = {
  /* A document as it is. */
  { JSON, "{\"customer\":\"Walk In\",\"grand_total\":12.5,\"currency\":\"USD\"}", "Walk In", NULL, "12.50", "USD" },
  { NULL, "{\"customer\":\"C-1\",\"customer_name\":\"Ann\",\"grand_total\":\"7\"}", "Ann", NULL, "7.00", NULL },
  { JSON, "{\"customer_name\":\"Book Corner\"}", "Book Corner", NULL, NULL, NULL },
  { JSON, "{\"customer\":\"A\",\"grand_total\":9.98,\"rounded_total\":10}", "A", NULL, "10.00", NULL },
  { JSON, "{\"customer\":\"A\",\"grand_total\":9.98,\"rounded_total\":0}", "A", NULL, "9.98", NULL },
  { JSON, "{\"customer\":\"A\",\"grand_total\":-4.5,\"is_return\":1}", "A", NULL, "-4.50", NULL },
  { JSON, "{\"customer\":\"A\",\"grand_total\":1.255,\"currency\":\"KWD\"}", "A", NULL, "1.255", "KWD" },
  { JSON, "{\"party_type\":\"Customer\",\"party\":\"Acme\",\"paid_amount\":15.0,\"paid_from_account_currency\":\"USD\"}",
    "Acme", NULL, "15.00", "USD" },
  { JSON, "{\"party_type\":\"Supplier\",\"party\":\"Mill\",\"paid_amount\":15}", NULL, "Mill", "15.00", NULL },
  { JSON, "{\"title\":\"Order flour\"}", NULL, "Order flour", NULL, NULL },
  /* POS Awesome: JSON inside a text, in JSON and in a form. */
  { JSON, "{\"client_request_id\":\"k\",\"data\":\"{\\\"credit_change\\\":2,\\\"customer\\\":\\\"no\\\"}\",\"invoice\":"
    "\"{\\\"customer\\\":\\\"Corner Bakery\\\",\\\"payments\\\":[{\\\"amount\\\":10},{\\\"amount\\\":\\\"2.25\\\"}]}\"}",
    "Corner Bakery", NULL, "12.25", NULL },
  { FORM, "invoice=%7B%22customer%22%3A%22Hill+School%22%2C%22rounded_total%22%3A8%7D&data=%7B%7D",
    "Hill School", NULL, "8.00", NULL },
  { FORM, "customer_name=Ann+Lee&method=create", "Ann Lee", NULL, NULL, NULL },
  { JSON, "{\"data\":{\"customer\":\"Ann\",\"grand_total\":3}}", "Ann", NULL, "3.00", NULL },
  { JSON, "{\"doc\":{\"doctype\":\"Sales Invoice\",\"customer\":\"Ann\"}}", "Ann", NULL, NULL, NULL },
  { JSON, "{\"payload\":{\"customer\":\"Ann\",\"payment_methods\":[{\"amount\":5},{\"amount\":0}]}}",
    "Ann", NULL, "5.00", NULL },
  { JSON, "{\"payload\":{\"amount\":40}}", NULL, NULL, "40.00", NULL },
  /* Without a total. */
  { JSON, "{\"customer\":\"A\",\"items\":[{\"qty\":2,\"rate\":0.1},{\"qty\":\"1\",\"rate\":0.1}]}", "A", NULL, "0.30", NULL },
  { JSON, "{\"customer\":\"A\",\"items\":[{\"qty\":2,\"rate\":5}],\"payments\":[{\"amount\":20}],\"change_amount\":10}",
    "A", NULL, "10.00", NULL },
  { JSON, "{\"customer\":\"A\",\"items\":[{\"item_code\":\"I\",\"qty\":1}],\"payments\":[{\"amount\":20},{\"amount\":0}]}",
    "A", NULL, "20.00", NULL },
  { JSON, "{\"customer\":\"A\",\"taxes\":[],\"discount_amount\":0,\"items\":[{\"qty\":2,\"rate\":5}]}",
    "A", NULL, "10.00", NULL },
  /* Not certain: left out. */
  { JSON, "{\"customer\":\"A\",\"items\":[{\"qty\":2,\"rate\":5}],\"payments\":[{\"amount\":20}]}", "A", NULL, NULL, NULL },
  { JSON, "{\"customer\":\"A\",\"items\":[{\"qty\":2,\"rate\":5}],\"taxes\":[{\"rate\":19}]}", "A", NULL, NULL, NULL },
  { JSON, "{\"customer\":\"A\",\"items\":[{\"qty\":2,\"rate\":5}],\"discount_amount\":1}", "A", NULL, NULL, NULL },
  { JSON, "{\"customer\":\"A\",\"items\":[{\"qty\":2,\"rate\":5}],\"pos_profile\":\"Till 1\"}", "A", NULL, NULL, NULL },
  { JSON, "{\"customer\":\"A\",\"items\":[{\"qty\":2,\"rate\":5},{\"qty\":1}]}", "A", NULL, NULL, NULL },
  { JSON, "{\"customer\":\"A\",\"payments\":[{\"amount\":0},{\"amount\":0}]}", "A", NULL, NULL, NULL },
  { JSON, "{\"customer\":\"A\",\"payments\":[{\"amount\":5},{}]}", "A", NULL, NULL, NULL },
  { JSON, "{\"customer\":7,\"grand_total\":\"12 apples\"}", NULL, NULL, NULL, NULL },
  { JSON, "{\"customer\":\"  \",\"grand_total\":null}", NULL, NULL, NULL, NULL },
  { JSON, "{\"grand_total\":1e300}", NULL, NULL, NULL, NULL },
  { JSON, "{\"grand_total\":\"nan\"}", NULL, NULL, NULL, NULL },
  /* Not to be read. */
  { JSON, "[1,2]", NULL, NULL, NULL, NULL },
  { JSON, "{\"invoice\":{\"invoice\":{\"customer\":\"deep\"}}}", NULL, NULL, NULL, NULL },
  { JSON, "\xff\xfe", NULL, NULL, NULL, NULL },
  { JSON, "", NULL, NULL, NULL, NULL },
  { "text/plain", "customer=Ann", NULL, NULL, NULL, NULL },
};
/* clang-format on */

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static (rows[i].body, strlen (rows[i].body));
      g_autoptr (SyncSummary) summary = sync_summary_new (rows[i].type, body);

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (summary->customer, ==, rows[i].customer);
      g_assert_cmpstr (summary->title, ==, rows[i].title);
      g_assert_cmpstr (summary->amount, ==, rows[i].amount);
      g_assert_cmpstr (summary->currency, ==, rows[i].currency);
    }
}

static void
test_no_body (void)
{
  g_autoptr (SyncSummary) summary = sync_summary_new (NULL, NULL);

  g_assert_null (summary->customer);
  g_assert_null (summary->amount);
}

/* A name is never longer than ERPNext allows. */
static void
test_long_name (void)
{
  g_autoptr (GString) text = g_string_new ("{\"customer\":\"");
  g_autoptr (GBytes) body = NULL;
  g_autoptr (SyncSummary) summary = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "ü");
  g_string_append (text, "\"}");
  body = g_bytes_new (text->str, text->len);
  summary = sync_summary_new (NULL, body);
  g_assert_cmpint (g_utf8_strlen (summary->customer, -1), ==, 140);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/summary/rows", test_rows);
  g_test_add_func ("/sync/summary/no-body", test_no_body);
  g_test_add_func ("/sync/summary/long-name", test_long_name);
  return g_test_run ();
}
