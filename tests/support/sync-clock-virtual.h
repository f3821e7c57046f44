/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"

G_BEGIN_DECLS

#define SYNC_TYPE_CLOCK_VIRTUAL (sync_clock_virtual_get_type ())
G_DECLARE_FINAL_TYPE (SyncClockVirtual, sync_clock_virtual, SYNC, CLOCK_VIRTUAL, GObject)

SyncClockVirtual *sync_clock_virtual_new (void);
void sync_clock_virtual_advance_us (SyncClockVirtual *self, gint64 us);
void sync_clock_virtual_suspend_us (SyncClockVirtual *self, gint64 us);
void sync_clock_virtual_jump_wall_us (SyncClockVirtual *self, gint64 us);
void sync_clock_virtual_reboot (SyncClockVirtual *self, gint64 off_us);
void sync_clock_virtual_set_boot_id (SyncClockVirtual *self, const char *boot_id);
void sync_clock_virtual_set_per_read_us (SyncClockVirtual *self, gint64 us);
gint64 sync_clock_virtual_peek_boot_us (SyncClockVirtual *self);
gint64 sync_clock_virtual_next_alarm_us (SyncClockVirtual *self);
guint sync_clock_virtual_get_n_alarms (SyncClockVirtual *self);

G_END_DECLS
