/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The settings of one run: GSettings `org.posawesome.Sync`, overridden by the environment. Times in milliseconds. */
typedef struct
{
  char *base_url;            /* (owned) (nullable): without a trailing slash */
  char *api_token;           /* (owned) (nullable): from the environment only */
  char *api_secret;          /* (owned) (nullable): from the environment only */
  guint processing_interval; /* longest time that due work may wait for a sweep */
  guint max_retries;
  guint base_retry_delay;
  guint max_retry_delay;
  guint batch_size;
  guint concurrency;
  guint request_timeout;
  guint write_timeout;
  guint settle_time;
  char *conflict_policies;   /* (owned): "Type=policy,…" */
  guint gateway_port;        /* 0: any free port */
  char *data_dir;            /* (owned) */
  char *state_dir;           /* (owned) (nullable): where the witness of the data is kept; NULL: none is kept */
  char *route_file;          /* (owned) (nullable): the shop's own route rules */
  gboolean debug;
} SyncConfig;

/* A whole number among the settings: how it is called, and from where to where it may go. */
typedef struct
{
  const char *variable;
  const char *key;
  const char *unit;      /* "a number of …": milliseconds, retries, requests; or a port */
  gsize offset;          /* of the guint in SyncConfig */
  guint initial;
  guint min;
  guint max;
  const char *not_above; /* (nullable): key of another number that it must not exceed */
} SyncConfigNumber;

#define SYNC_TYPE_CONFIG (sync_config_get_type ())
GType sync_config_get_type (void);

SyncConfig *sync_config_new (GSettings *settings, const char *const *environment, GError **error);
SyncConfig *sync_config_copy (const SyncConfig *self);
void sync_config_free (SyncConfig *self);
char *sync_config_dup_origin (const SyncConfig *self);
guint sync_config_get_number (const SyncConfig *self, const SyncConfigNumber *number);
const SyncConfigNumber *sync_config_list_numbers (guint *n_numbers);
const SyncConfigNumber *sync_config_find_number (const char *key);
const char *sync_config_find_override (const char *key, const char *const *environment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncConfig, sync_config_free)

G_END_DECLS
