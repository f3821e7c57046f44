/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deliberate faults, by which the tests show that they would see such a fault. They are compiled into one test-only build
 * (tests/mutants), which chooses one of them when it runs; in the program each is FALSE, and gone. */
#pragma once

#include <glib.h>

#ifdef SYNC_WITH_MUTANTS
gboolean sync_mutant_is (const char *name);
#define SYNC_MUTANT(name) sync_mutant_is (name)
#else
#define SYNC_MUTANT(name) FALSE
#endif
