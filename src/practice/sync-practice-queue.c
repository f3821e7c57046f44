/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long vouchers: submitting one by its method only queues it. It is locked and stays a draft until a job has submitted
 * it; a PUT with docstatus 1 goes the short way. A lock does not outlive the shop. One thread. */
#include "config.h"

#include "sync-practice-private.h"

#include <string.h>

#define LONG_ROWS 100
#define JOB_US (90 * G_USEC_PER_SEC)

typedef struct
{
  SyncPracticeShop *shop;       /* (unowned): it clears its jobs before it goes */
  SyncPracticeDocType *doctype; /* (unowned) */
  char *name;                   /* (owned) */
  guint alarm;
} Job;

/* Frees a job that the shop holds. */
void
sync_practice_queue_job_free (gpointer data)
{
  Job *job = data;

  sync_clock_clear_alarm (job->shop->clock, &job->alarm);
  g_free (job->name);
  g_free (job);
}

static char *
lock_name (SyncPracticeDocType *doctype, const char *name)
{
  g_autofree char *folded = sync_practice_fold (name);

  return g_strdup_printf ("%s/%s", doctype->name, folded);
}

static void
do_job (gpointer data)
{
  Job *job = data;
  g_autoptr (SyncPracticeCall) call = sync_practice_call_new (job->shop);
  g_autoptr (JsonObject) sent = json_object_new ();
  g_autoptr (JsonObject) doc = NULL;
  g_autofree char *name = g_strdup (job->name);
  g_autofree char *lock = lock_name (job->doctype, name);
  SyncPracticeShop *shop = job->shop;
  SyncPracticeDocType *doctype = job->doctype;

  job->alarm = 0;
  call->user = sync_practice_shop_find_user (shop, "Administrator");
  g_hash_table_remove (shop->queued, lock);
  json_object_set_int_member (sent, "docstatus", 1);
  sync_practice_store_begin (shop->store);
  doc = sync_practice_document_update (call, doctype, name, sent);
  if (doc == NULL)
    sync_practice_store_rollback (shop->store);
  else
    sync_practice_store_commit (shop->store);
}

/* Whether a job is going to submit it. */
gboolean
sync_practice_queue_is_locked (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name)
{
  g_autofree char *lock = lock_name (doctype, name);

  return g_hash_table_contains (call->shop->queued, lock);
}

/* Queues the submission of a long document. Returns: FALSE where it is to be submitted at once. */
gboolean
sync_practice_queue_submit (SyncPracticeCall *call, SyncPracticeDocType *doctype, const char *name)
{
  g_autoptr (JsonObject) doc = NULL;
  Job *job;

  if (strcmp (doctype->name, "Journal Entry") != 0 || sync_practice_call_is_read (call))
    return FALSE;
  doc = sync_practice_store_dup_doc (call->shop->store, doctype->name, name);
  if (doc == NULL || json_object_get_int_member (doc, "docstatus") != 0
      || json_array_get_length (json_object_get_array_member (doc, "accounts")) <= LONG_ROWS
      || sync_practice_queue_is_locked (call, doctype, name))
    return FALSE;
  job = g_new0 (Job, 1);
  job->shop = call->shop;
  job->doctype = doctype;
  job->name = g_strdup (name);
  job->alarm
    = sync_clock_add_alarm (call->shop->clock, sync_clock_boot_us (call->shop->clock) + JOB_US, do_job, job);
  g_hash_table_insert (call->shop->queued, lock_name (doctype, name), job);
  sync_practice_call_say (call, "Message", "blue", FALSE,
                          "The task has been enqueued as a background job.");
  return TRUE;
}
