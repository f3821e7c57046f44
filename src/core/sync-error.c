/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "sync-error.h"

G_DEFINE_QUARK (sync-error-quark, sync_error)
