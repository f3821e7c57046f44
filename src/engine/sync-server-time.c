/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server's answers tell of its clock, and when something was on it. Engine's thread only. */
#include "config.h"

#include "sync-engine-private.h"

/* What a reply to a call made at @sent_us (boot clock) says about the server's clock. Only ERPNext's answer does, one
 * that is its success, its refusal or its exception: the clock of a proxy or a captive portal is not the shop's. */
void
sync_engine_note_date (SyncEngine *self, const SyncTransportReply *reply, const SyncAnswer *answer, SyncHostNews news,
                       gint64 sent_us)
{
  if (reply->date != NULL && (news == SYNC_HOST_UP || answer->exc_type != NULL))
    sync_server_clock_add (&self->server_clock, reply->date, sent_us, sync_clock_boot_us (self->clock));
}

/* The server's clock now, at the earliest, in milliseconds; 0 if nothing was heard of it yet. */
gint64
sync_engine_get_server_ms (SyncEngine *self)
{
  gint64 wall_us = sync_clock_wall_us (self->clock);
  gint64 offset_us, uncertainty_us;

  if (!sync_server_clock_get (&self->server_clock, wall_us, sync_clock_boot_us (self->clock), &offset_us, &uncertainty_us))
    return 0;
  return (wall_us + offset_us - uncertainty_us) / 1000;
}

/* The moment of the till's clocks, on the server's clock where that is known and theirs is wrong; in milliseconds. */
static gint64
correct_ms (SyncEngine *self, gint64 wall_ms, gint64 boot_us)
{
  gint64 now_us = sync_clock_wall_us (self->clock);
  gint64 now_boot_us = sync_clock_boot_us (self->clock);
  gint64 offset_us, uncertainty_us, server_ms;

  if (!sync_server_clock_get (&self->server_clock, now_us, now_boot_us, &offset_us, &uncertainty_us))
    return wall_ms;
  server_ms = (now_us + offset_us - (now_boot_us - boot_us)) / 1000;
  return ABS (server_ms - wall_ms) > uncertainty_us / 1000 + 1 ? server_ms : wall_ms;
}

/* The present moment so, to be kept for good; 0 while that is too early. One answer may lie, and where somebody else
 * answers for the server nothing was heard of it lately: then the moment is found by the boot clock when it is needed,
 * and the till's clock is believed only if the machine is started anew before. */
gint64
sync_engine_get_corrected_ms (SyncEngine *self)
{
  return !sync_server_clock_is_confirmed (&self->server_clock) || self->breaker.reason == SYNC_HOST_NOT_OURS
           ? 0
           : correct_ms (self, sync_clock_wall_ms (self->clock), sync_clock_boot_us (self->clock));
}

/* When @request, read with its bodies, was accepted: on the server's clock as it was known then, or as it is known now if
 * the machine has run since; else the till's clock has to be believed. */
gint64
sync_engine_get_accepted_ms (SyncEngine *self, const SyncRequest *request)
{
  if (request->accepted_server_ms > 0)
    return request->accepted_server_ms;
  return request->accepted_boot_us > 0 ? correct_ms (self, request->accepted_ms, request->accepted_boot_us)
                                       : request->accepted_ms;
}

/* How far that may lie from the truth, in milliseconds; -1: nobody knows. */
gint64
sync_engine_get_uncertainty_ms (SyncEngine *self, const SyncRequest *request)
{
  gint64 offset_us, uncertainty_us;

  if (!sync_server_clock_get (&self->server_clock, sync_clock_wall_us (self->clock), sync_clock_boot_us (self->clock),
                              &offset_us, &uncertainty_us))
    return -1;
  /* Whether a clock that is wrong now was as wrong in another boot cannot be told. */
  if (request->accepted_server_ms == 0 && request->accepted_boot_us == 0 && ABS (offset_us) > uncertainty_us + G_USEC_PER_SEC)
    return -1;
  return uncertainty_us / 1000 + 1;
}
