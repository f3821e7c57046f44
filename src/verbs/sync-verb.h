/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-call.h"

G_BEGIN_DECLS

/* What another program can ask for, and what it is called at each door. */
typedef struct
{
  const char *method; /* over HTTP: `GET` is a question and has a query, the others are orders and have a body */
  const char *path;   /* (nullable): likewise, below /_sync/v1/; `#` stands for an id; NULL: there is another one that says it */
  const char *name;   /* on the bus */
  void (*answer) (SyncCall *call);
} SyncVerb;

const SyncVerb *sync_verb_get_all (guint *n_verbs);
const SyncVerb *sync_verb_find (const char *name);

G_END_DECLS
