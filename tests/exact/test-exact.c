/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every case of duplicates, documents, concurrency, faults and lost answers that is known of ERPNext, each driven through
 * the whole engine to its end: the state of the request, and what the shop's ledger holds. */
#include "config.h"

#include "exact.h"

int
main (int argc, char **argv)
{
  int failed;

  g_test_init (&argc, &argv, NULL);
  exact_add_key_rows ();
  exact_add_document_rows ();
  exact_add_fault_rows ();
  exact_add_lost_rows ();
  exact_add_natural_rows ();
  exact_add_till_rows ();
  failed = g_test_run ();
  exact_print_table ();
  return failed;
}
