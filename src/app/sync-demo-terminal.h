/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-demo.h"

G_BEGIN_DECLS

void sync_demo_terminal_print_ledger (SyncDemo *demo);
int sync_demo_terminal_run (SyncDemo *demo);

G_END_DECLS
