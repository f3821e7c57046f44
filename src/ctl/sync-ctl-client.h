/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The way to the running program: its gateway's port and token, read from the data directory. */
typedef struct _SyncCtlClient SyncCtlClient;

/* What the program answered. */
typedef struct
{
  char *text;     /* (owned): the answer's body */
  JsonNode *root; /* (owned): the same, read */
} SyncCtlAnswer;

void sync_ctl_answer_free (SyncCtlAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCtlAnswer, sync_ctl_answer_free)

SyncCtlClient *sync_ctl_client_new (const char *data_dir, GError **error);
void sync_ctl_client_free (SyncCtlClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCtlClient, sync_ctl_client_free)

SyncCtlAnswer *sync_ctl_client_call (SyncCtlClient *self, const char *method, const char *path,
                                     const char *body, GError **error);
SyncCtlAnswer *sync_ctl_client_call_patiently (SyncCtlClient *self, const char *method, const char *path,
                                               const char *body, GError **error);
GInputStream *sync_ctl_client_open (SyncCtlClient *self, const char *path, GError **error);

G_END_DECLS
