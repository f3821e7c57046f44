/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * SyncPolicyGroup:
 *
 * What is done about conflicts, by document type: the list of policies in the settings, to be changed row by row. Main thread.
 */
#define SYNC_TYPE_POLICY_GROUP (sync_policy_group_get_type ())
G_DECLARE_FINAL_TYPE (SyncPolicyGroup, sync_policy_group, SYNC, POLICY_GROUP, AdwPreferencesGroup)

SyncPolicyGroup *sync_policy_group_new (GSettings *settings);

G_END_DECLS
