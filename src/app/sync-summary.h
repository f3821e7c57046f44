/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-request.h"

G_BEGIN_DECLS

/* What a person recognises a request by. */
typedef struct
{
  char *party;  /* (owned) (nullable): the customer, or whatever else names the document */
  char *amount; /* (owned) (nullable): with its currency, if there is one */
} SyncSummary;

SyncSummary *sync_summary_new (const SyncRequest *request);
void sync_summary_free (SyncSummary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSummary, sync_summary_free)

const char *sync_summary_type_words (const SyncRequest *request);
gboolean sync_summary_is_sale (const SyncRequest *request);

G_END_DECLS
