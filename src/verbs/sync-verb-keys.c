/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs about the keys of the DocTypes: which of them ERPNext enforces, and making the field. Engine's thread. */
#include "config.h"

#include "sync-verb-private.h"

#include "sync-view.h"

static void
reply_keys (SyncCall *call, GPtrArray *keys, const GError *error)
{
  g_autofree char *json = keys != NULL ? sync_view_keys (keys) : NULL;

  if (json != NULL)
    sync_call_reply (call, json);
  else
    sync_call_fail_error (call, error);
  sync_call_resume (call);
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) keys = sync_engine_list_keys_finish (SYNC_ENGINE (source), result, &error);

  reply_keys (call, keys, error);
}

void
sync_verb_list_keys (SyncCall *call)
{
  g_autoptr (GError) error = NULL;

  if (sync_call_read_nothing (call, &error))
    sync_engine_list_keys_async (call->engine, listed_cb, sync_call_hold (call));
  else
    sync_call_fail_error (call, error);
}

static void
made_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) keys = sync_engine_make_keys_finish (SYNC_ENGINE (source), result, &error);

  reply_keys (call, keys, error);
}

void
sync_verb_make_keys (SyncCall *call)
{
  static const char *const known[] = { "types", NULL };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) types = NULL;
  SyncCallObject object;

  if (!sync_call_read_object (call, known, &object, &error) || !sync_call_strings (&object, "types", &types, &error))
    {
      sync_call_fail_error (call, error);
      return;
    }
  if (types == NULL || types[0] == NULL)
    {
      sync_call_fail (call, SYNC_ERROR_INVALID,
                      "“types” is missing: a list of DocTypes whose key field is to be made");
      return;
    }
  sync_engine_make_keys_async (call->engine, (const char *const *) types, made_cb, sync_call_hold (call));
}
