/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "exact.h"

void
exact_add_fault_rows (void)
{
}
