/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *sync_test_directory_new (void);
void sync_test_directory_copy (const char *from, const char *to);
void sync_test_directory_free (char *directory);

G_END_DECLS
