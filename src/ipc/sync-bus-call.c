/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call that came in over the bus, and its answer. A caller that has left meanwhile gets none; that is the bus's
 * matter. Engine's thread. */
#include "config.h"

#include "sync-bus-call.h"

#include "sync-bus-arguments.h"
#include "sync-bus-error.h"

/* Who decides, for the audit. */
#define ACTOR "bus"

typedef struct
{
  SyncCall call;
  GDBusMethodInvocation *invocation; /* (owned) (nullable): NULL once it was answered */
} BusCall;

static void
bus_call_fail (SyncCall *call, const GError *error, const char *more)
{
  BusCall *self = (BusCall *) call;

  g_return_if_fail (self->invocation != NULL);

  sync_bus_error_return (g_steal_pointer (&self->invocation), error);
}

static void
bus_call_reply (SyncCall *call, gboolean accepted, const char *json)
{
  BusCall *self = (BusCall *) call;
  g_autoptr (GError) error = NULL;
  GVariant *answer;

  g_return_if_fail (self->invocation != NULL);

  answer = sync_bus_arguments_new_answer (g_dbus_method_invocation_get_method_info (self->invocation), json, &error);
  if (answer == NULL)
    bus_call_fail (call, error, NULL);
  else
    g_dbus_method_invocation_return_value (g_steal_pointer (&self->invocation), answer);
}

static void
bus_call_clear (SyncCall *call)
{
  BusCall *self = (BusCall *) call;
  g_autoptr (GError) error = NULL;

  if (self->invocation == NULL)
    return;
  error = g_error_new_literal (SYNC_ERROR, SYNC_ERROR_REFUSED, "the program is ending; try again once it runs");
  bus_call_fail (call, error, NULL);
}

static const SyncDoor bus_door = {
  .reply = bus_call_reply,
  .fail = bus_call_fail,
  .clear = bus_call_clear,
};

/**
 * sync_bus_call_answer:
 * @engine: what the call acts on
 * @verb: what it asks for
 * @invocation: (transfer full): the call
 *
 * Has the verb answer the call, at once or later.
 */
void
sync_bus_call_answer (SyncEngine *engine, const SyncVerb *verb, GDBusMethodInvocation *invocation)
{
  g_autoptr (SyncCall) call = sync_call_new (&bus_door, sizeof (BusCall), engine, ACTOR);
  g_autoptr (GError) error = NULL;

  ((BusCall *) call)->invocation = invocation;
  if (sync_bus_arguments_read (call, verb, g_dbus_method_invocation_get_method_info (invocation),
                               g_dbus_method_invocation_get_parameters (invocation), &error))
    verb->answer (call);
  else
    sync_call_fail_error (call, error);
}
