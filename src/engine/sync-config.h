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

#define SYNC_TYPE_CONFIG (sync_config_get_type ())
GType sync_config_get_type (void);

SyncConfig *sync_config_new (GSettings *settings, const char *const *environment, GError **error);
SyncConfig *sync_config_copy (const SyncConfig *self);
void sync_config_free (SyncConfig *self);
char *sync_config_dup_origin (const SyncConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncConfig, sync_config_free)

G_END_DECLS
