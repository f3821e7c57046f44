/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every ordered pair of states against a table that was written out by hand, from the design and not from
 * the macro. */
#include "config.h"

#include <string.h>

#include "sync-state.h"

static const char *const names[]
    = { "pending", "sending", "unknown", "conflict", "failed", "completed", "discarded" };

/* Row: from, column: to, in the order of the names above. */
static const char *const allowed[] = {
  /*              PSUCFXD */
  /* pending   */ ".xxxxxx",
  /* sending   */ "x.xxxx.",
  /* unknown   */ "xx.xxxx",
  /* conflict  */ "x.x...x",
  /* failed    */ "x.x..xx",
  /* completed */ ".......",
  /* discarded */ "x.x....",
};

static void
test_pairs (void)
{
  g_assert_cmpint (G_N_ELEMENTS (names), ==, SYNC_N_STATES);
  for (guint from = 0; from < SYNC_N_STATES; from++)
    for (guint to = 0; to < SYNC_N_STATES; to++)
      {
        SyncState a, b;

        g_assert_true (sync_state_from_string (names[from], &a));
        g_assert_true (sync_state_from_string (names[to], &b));
        g_test_message ("%s > %s", names[from], names[to]);
        g_assert_cmpint (sync_state_can (a, b), ==, allowed[from][to] == 'x');
      }
}

static void
test_names (void)
{
  SyncState state = SYNC_STATE_FAILED;

  for (guint i = 0; i < SYNC_N_STATES; i++)
    {
      g_assert_true (sync_state_from_string (names[i], &state));
      g_assert_cmpstr (sync_state_to_string (state), ==, names[i]);
    }
  g_assert_false (sync_state_from_string ("Pending", &state));
  g_assert_false (sync_state_from_string (NULL, &state));
  g_assert_false (sync_state_from_string ("", NULL));
  g_assert_cmpint (state, ==, SYNC_STATE_DISCARDED);
}

static void
test_sql (void)
{
  g_autofree char *sql = sync_state_dup_sql_edges ();
  guint expected = 0, found = 0;

  for (guint from = 0; from < SYNC_N_STATES; from++)
    for (guint to = 0; to < SYNC_N_STATES; to++)
      {
        g_autofree char *edge = g_strdup_printf ("'%s>%s'", names[from], names[to]);

        expected += allowed[from][to] == 'x';
        g_assert_cmpint (strstr (sql, edge) != NULL, ==, allowed[from][to] == 'x');
      }
  for (const char *p = sql; *p != '\0'; p++)
    found += *p == '>';
  g_assert_cmpuint (found, ==, expected);
  g_assert_true (g_str_has_prefix (sql, "'") && g_str_has_suffix (sql, "'"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/state/every-ordered-pair", test_pairs);
  g_test_add_func ("/sync/state/names", test_names);
  g_test_add_func ("/sync/state/sql-edges", test_sql);
  return g_test_run ();
}
