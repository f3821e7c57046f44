/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of a document as a person reads and types them, in the locale that cannot be misread and in one with commas. */
#include "sync-actor-words.h"
#include "sync-conflict-value.h"
#include "sync-conflict-words.h"

#include <locale.h>

/* Its parts stay in their order where text runs from right to left. */
#define ISOLATED(text) "\342\201\246" text "\342\201\251"

static void
assert_format (const char *field, const char *json, const char *expected)
{
  g_autofree char *text = sync_conflict_value_format (field, json);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_parse (const char *field, const char *like, const char *typed, const char *expected)
{
  g_autofree char *json = sync_conflict_value_parse (field, like, typed);

  g_assert_cmpstr (json, ==, expected);
}

static void
assert_difference (const char *field, const char *local, const char *server, const char *expected)
{
  g_autofree char *text = sync_conflict_value_difference (field, local, server, "EUR");

  g_assert_cmpstr (text, ==, expected);
}

static void
test_format (void)
{
  assert_format ("qty", NULL, "(not there)");
  assert_format ("qty", "null", "(empty)");
  assert_format ("phone", "\"\"", "(empty)");
  assert_format ("qty", "3", "3");
  assert_format ("qty", "3.500", "3.5");
  assert_format ("grand_total", "12.5", "12.50");
  assert_format ("rate", "0.125", "0.125");
  assert_format ("discount_amount", "-0.0", "0.00");
  /* Nothing that a double would spoil, and no number that is written otherwise. */
  assert_format ("amount", "12345678901234567.89", "12345678901234567.89");
  assert_format ("amount", "1e3", "1e3");
  assert_format ("is_pos", "1", "Yes");
  assert_format ("disabled", "0", "No");
  assert_format ("idx", "1", "1");
  assert_format ("enabled", "true", "Yes");
  assert_format ("posting_date", "\"2024-05-06\"", "2024-05-06");
  assert_format ("modified", "\"2024-05-06 07:08:09.123456\"", ISOLATED ("2024-05-06 07:08:09"));
  assert_format ("phone", "\"078 99\"", ISOLATED ("078 99"));
  assert_format ("phone", "\"07899\"", "07899");
  assert_format ("address", "\"Hill 2 a\"", "Hill 2 a");
  assert_format ("posting_date", "\"2024-13-06\"", "2024-13-06");
  assert_format ("remarks", "\"a\\nb\"", "a\nb");
  assert_format ("items", "[{},{}]", "2 rows");
  assert_format ("1", "{\"item_code\":\"A\",\"qty\":2,\"rate\":3.5}", "A, 2 × 3.50");
  assert_format ("1", "{\"mode_of_payment\":\"Cash\",\"amount\":4}", "Cash, 4.00");
  assert_format ("1", "{\"idx\":1}", "{\"idx\":1}");
  assert_format ("a", "{\"broken", "{\"broken");
}

static void
test_parse (void)
{
  assert_parse ("qty", "1", " 2.50 ", "2.50");
  assert_parse ("qty", "1", "-3", "-3");
  assert_parse ("qty", "1", "", "null");
  assert_parse ("qty", "1", "two", NULL);
  assert_parse ("qty", "1", "1 2", NULL);
  assert_parse ("qty", "1", "true", NULL);
  assert_parse ("phone", "\"1\"", " 2\t\"", "\" 2\\u0009\\\"\"");
  assert_parse ("phone", NULL, "2", "\"2\"");
  assert_parse ("due_date", "\"2024-05-06\"", "2024-06-15", "\"2024-06-15\"");
  assert_parse ("due_date", "\"2024-05-06\"", "", "null");
  assert_parse ("due_date", "\"2024-05-06\"", "2024-06-31", NULL);
  assert_parse ("due_date", "\"2024-05-06\"", "soon", NULL);
}

static void
test_typable (void)
{
  g_assert_true (sync_conflict_value_is_typable ("qty", "1"));
  g_assert_true (sync_conflict_value_is_typable ("phone", NULL));
  g_assert_true (sync_conflict_value_is_typable ("phone", "null"));
  g_assert_false (sync_conflict_value_is_typable ("is_pos", "1"));
  g_assert_false (sync_conflict_value_is_typable ("items", "[]"));
  g_assert_false (sync_conflict_value_is_typable ("when", "\"2024-05-06 07:08:09\""));
  g_assert_true (sync_conflict_value_is_long ("\"a\\nb\""));
  g_assert_false (sync_conflict_value_is_long ("\"a\""));
}

static void
test_difference (void)
{
  assert_difference ("grand_total", "137.5", "150", "+ 12.50 EUR");
  assert_difference ("grand_total", "150", "137.5", "− 12.50 EUR");
  assert_difference ("qty", "2", "3", "+ 1");
  assert_difference ("rate", "0.1", "0.3", "+ 0.20 EUR");
  assert_difference ("rate", "0.30", "0.3", NULL);
  assert_difference ("rate", "0.3", "\"0.4\"", NULL);
  assert_difference ("rate", NULL, "0.4", NULL);
  assert_difference ("is_pos", "0", "1", NULL);
}

static void
test_fields (void)
{
  g_autofree char *known = sync_conflict_words_field ("grand_total");
  g_autofree char *other = sync_conflict_words_field ("posa_is_printed");

  g_assert_cmpstr (known, ==, "Grand total");
  g_assert_cmpstr (other, ==, "Posa is printed");
}

/* Nothing of the records is shown as it stands there, but for the names of people. */
static void
test_actors (void)
{
  static const char *const cases[][2] = {
    { "window", "a person here" },
    { "gateway", "another program (HTTP)" },
    { "bus", "another program (D-Bus)" },
    { "posawesome-syncctl", "the command line" },
    { "policy merge", "the policy “Merge, and ask where both changed the same”" },
    { "hook ToDo", "the shop’s hook for ToDo" },
    { "hook Terms for Sale", "the shop’s hook for Terms for Sale" },
    { "hook function 3 for Sales Invoice", "the shop’s hook for Sales Invoice" },
    { "hook /shop/hook of :1.42 for ToDo", "the shop’s hook for ToDo" },
    { "ann@shop.example", "ann@shop.example" },
    { NULL, "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *words = sync_actor_words (cases[i][0]);

      g_assert_cmpstr (words, ==, cases[i][1]);
    }
}

/* Where a comma is the point, what is typed is read that way, and a point is still one. */
static void
test_comma (void)
{
  g_autofree char *typed = NULL;
  g_autofree char *back = NULL;

  if (setlocale (LC_ALL, "de_DE.UTF-8") == NULL)
    {
      g_test_skip ("there is no German locale");
      return;
    }
  assert_format ("grand_total", "1234567.5", "1.234.567,50");
  assert_format ("posting_date", "\"2024-05-06\"", "06.05.2024");
  assert_difference ("grand_total", "0", "1250", "+ 1.250,00 EUR");
  assert_parse ("qty", "1", "1.234,5", "1234.5");
  assert_parse ("qty", "1", "12,5", "12.5");
  /* Groups of three are groups, also where somebody might have meant a point: the result shows it. */
  assert_parse ("qty", "1", "1.234", "1234");
  assert_parse ("qty", "1", "-1.234.567", "-1234567");
  assert_parse ("qty", "1", "12.5", "12.5");
  assert_parse ("qty", "1", "12.34.5", NULL);
  assert_parse ("qty", "1", "12.34,5", NULL);
  assert_parse ("qty", "1", "1,2.345", NULL);
  assert_parse ("qty", "1", "1,2,3", NULL);
  assert_parse ("due_date", "\"2024-05-06\"", "15.06.2024", "\"2024-06-15\"");
  assert_parse ("due_date", "\"2024-05-06\"", "2024-06-15", "\"2024-06-15\"");
  typed = sync_conflict_value_to_typed ("grand_total", "1234567.5");
  back = sync_conflict_value_parse ("grand_total", "1", typed);
  g_assert_cmpstr (typed, ==, "1234567,50");
  g_assert_cmpstr (back, ==, "1234567.50");
  setlocale (LC_ALL, "C.UTF-8");
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "C.UTF-8");
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/conflict-words/format", test_format);
  g_test_add_func ("/sync/conflict-words/parse", test_parse);
  g_test_add_func ("/sync/conflict-words/typable", test_typable);
  g_test_add_func ("/sync/conflict-words/difference", test_difference);
  g_test_add_func ("/sync/conflict-words/fields", test_fields);
  g_test_add_func ("/sync/conflict-words/actors", test_actors);
  g_test_add_func ("/sync/conflict-words/comma", test_comma);
  return g_test_run ();
}
