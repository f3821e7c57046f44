/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-route-rule.h"

G_BEGIN_DECLS

/* The field that carries the key of a DocType. */
typedef struct
{
  char *field;      /* (owned) */
  gboolean shipped; /* an app brings it along, and makes it unique */
} SyncRouteKey;

/* What tells a document of a DocType from others. */
typedef struct
{
  char **fields;       /* (owned): none of them: nothing does */
  gboolean may_change; /* the server may store something else there than was sent */
} SyncRouteNatural;

struct _SyncRouteTable
{
  GObject parent_instance;

  GPtrArray *rules;       /* (owned) (element-type SyncRouteRule): in the order they are looked at */
  GHashTable *keys;       /* (owned) (element-type utf8 SyncRouteKey): by DocType */
  GHashTable *priorities; /* (owned) (element-type utf8 int): DocType → priority */
  GHashTable *natural;    /* (owned) (element-type utf8 SyncRouteNatural): by DocType */
};

const SyncRouteNatural *sync_route_table_get_natural (SyncRouteTable *self, const char *resource_type);
int sync_route_table_get_priority (SyncRouteTable *self, const char *resource_type);

G_END_DECLS
