/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *sync_engine_words_dup (const char *message);
char *sync_engine_words_dup_filled (const char *message, const char *sentence, const char *words);

G_END_DECLS
