/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a person recognises a request by: as much of it as its body says. */
typedef struct
{
  char *customer; /* (owned) (nullable): whom it is for */
  char *title; /* (owned) (nullable): what it is called, or whom it is for if that is no customer */
  char *amount; /* (owned) (nullable): a decimal number with two places or more; also JSON */
  char *currency; /* (owned) (nullable): of @amount */
} SyncSummary;

SyncSummary *sync_summary_new (const char *content_type, GBytes *body);
const char *sync_summary_get_party (const SyncSummary *self);
void sync_summary_free (SyncSummary *self);
char *sync_summary_format_amount (double amount);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSummary, sync_summary_free)

G_END_DECLS
