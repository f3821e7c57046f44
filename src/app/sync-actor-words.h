/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *sync_actor_words (const char *actor);
char *sync_actor_words_policy (const char *actor);
char *sync_actor_words_hook (const char *actor);

G_END_DECLS
