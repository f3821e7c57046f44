/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SYNC_ERROR (sync_error_quark ())
GQuark sync_error_quark (void);

/**
 * SyncError:
 * @SYNC_ERROR_INVALID: the caller's request cannot be understood (malformed JSON, bad URL, bad setting); permanent
 * @SYNC_ERROR_FOREIGN_HOST: the URL is not on the configured site; permanent
 * @SYNC_ERROR_NOT_QUEUEABLE: the route is a read, online-only or unknown, and cannot wait in the queue; permanent
 * @SYNC_ERROR_TOO_LARGE: the body is larger than ERPNext accepts; permanent
 * @SYNC_ERROR_KEY_CONFLICT: the idempotency key is held by a request with other content; permanent
 * @SYNC_ERROR_NOT_FOUND: no such row; permanent
 * @SYNC_ERROR_ILLEGAL_EDGE: the state table does not have this change of state; permanent
 * @SYNC_ERROR_STALE: the row changed meanwhile (a late answer, a second claim); permanent for this attempt
 * @SYNC_ERROR_STORAGE: the database could not be read or written; transient, nothing was changed
 * @SYNC_ERROR_DISK_FULL: too little free space to promise durability; transient, nothing was changed
 * @SYNC_ERROR_LOCKED: another process holds the data directory; transient
 * @SYNC_ERROR_NEWER: the database was written by a newer version of the program; permanent
 * @SYNC_ERROR_CORRUPT: the database is damaged; permanent, the file was kept
 * @SYNC_ERROR_CONFIG: a setting is missing or wrong; permanent
 * @SYNC_ERROR_REFUSED: the operation is not allowed now (for instance changing the site with undelivered rows); permanent
 * @SYNC_ERROR_CREDENTIALS: the API key could not be kept or removed (no Secret Service, or it is locked); transient
 *
 * The one error domain of the library.
 */
typedef enum
{
  SYNC_ERROR_INVALID,
  SYNC_ERROR_FOREIGN_HOST,
  SYNC_ERROR_NOT_QUEUEABLE,
  SYNC_ERROR_TOO_LARGE,
  SYNC_ERROR_KEY_CONFLICT,
  SYNC_ERROR_NOT_FOUND,
  SYNC_ERROR_ILLEGAL_EDGE,
  SYNC_ERROR_STALE,
  SYNC_ERROR_STORAGE,
  SYNC_ERROR_DISK_FULL,
  SYNC_ERROR_LOCKED,
  SYNC_ERROR_NEWER,
  SYNC_ERROR_CORRUPT,
  SYNC_ERROR_CONFIG,
  SYNC_ERROR_REFUSED,
  SYNC_ERROR_CREDENTIALS,
} SyncError;

G_END_DECLS
