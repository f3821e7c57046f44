/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call of another program: its life while the engine works for it, and its end. How it came in and how its answer
 * goes out is the door's. Engine's thread. */
#include "config.h"

#include "sync-call.h"

static void
sync_call_clear (gpointer data)
{
  SyncCall *self = data;

  self->door->clear (self);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_object_unref (self->engine);
}

/**
 * sync_call_new:
 * @door: how it is answered; must outlive the call
 * @size: bytes of the door's own structure, which begins with a #SyncCall
 * @engine: what the call acts on
 * @actor: who decides, for the audit; must live as long as the program
 *
 * Returns: (transfer full): a call whose other members are zero: the door fills them before it has it answered
 */
SyncCall *
sync_call_new (const SyncDoor *door, gsize size, SyncEngine *engine, const char *actor)
{
  SyncCall *self = g_rc_box_alloc0 (size);

  g_return_val_if_fail (size >= sizeof *self, NULL);

  self->door = door;
  self->engine = g_object_ref (engine);
  self->actor = actor;
  return self;
}

/**
 * sync_call_ref:
 * @self: a call
 *
 * Returns: (transfer full): @self
 */
SyncCall *
sync_call_ref (SyncCall *self)
{
  return g_rc_box_acquire (self);
}

/**
 * sync_call_unref:
 * @self: (transfer full): a call
 *
 * Gives a reference back.
 */
void
sync_call_unref (SyncCall *self)
{
  g_rc_box_release_full (self, sync_call_clear);
}

/**
 * sync_call_hold:
 * @self: a call
 *
 * Keeps the caller waiting until sync_call_resume().
 *
 * Returns: (transfer full): @self, for the operation's user data
 */
SyncCall *
sync_call_hold (SyncCall *self)
{
  if (self->door->hold != NULL)
    self->door->hold (self);
  return sync_call_ref (self);
}

/**
 * sync_call_resume:
 * @self: a held call that was answered
 *
 * Lets the caller have the answer.
 */
void
sync_call_resume (SyncCall *self)
{
  if (self->door->resume != NULL)
    self->door->resume (self);
}

/**
 * sync_call_reply:
 * @self: a call
 * @json: the answer, an object
 *
 * Answers: it is done.
 */
void
sync_call_reply (SyncCall *self, const char *json)
{
  self->door->reply (self, FALSE, json);
}

/**
 * sync_call_accept:
 * @self: a call
 * @json: the answer, an object
 *
 * Answers: it is on disk, and will be done.
 */
void
sync_call_accept (SyncCall *self, const char *json)
{
  self->door->reply (self, TRUE, json);
}

/**
 * sync_call_reply_ok:
 * @self: a call
 *
 * Answers `{"ok":true}`.
 */
void
sync_call_reply_ok (SyncCall *self)
{
  sync_call_reply (self, "{\"ok\":true}\n");
}

/**
 * sync_call_fail:
 * @self: a call
 * @code: why, for programs
 * @format: one sentence for people, as for printf()
 * @...: its arguments
 *
 * Answers with an error.
 */
void
sync_call_fail (SyncCall *self, SyncError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  error = g_error_new_valist (SYNC_ERROR, (int) code, format, arguments);
  va_end (arguments);
  sync_call_fail_error (self, error);
}

/**
 * sync_call_fail_error:
 * @self: a call
 * @error: why it failed
 *
 * Answers with an error of the library.
 */
void
sync_call_fail_error (SyncCall *self, const GError *error)
{
  self->door->fail (self, error, NULL);
}

/**
 * sync_call_fail_with:
 * @self: a call
 * @error: why it failed; its message says what @more says, for doors that cannot hand that over
 * @more: (nullable): what a program wants to know beside it: members of a JSON object, as `"id":7`
 *
 * Answers with an error of the library and what belongs to it.
 */
void
sync_call_fail_with (SyncCall *self, const GError *error, const char *more)
{
  self->door->fail (self, error, more);
}
