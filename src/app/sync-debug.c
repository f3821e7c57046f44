/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `DEBUG=true` means: this program's debug messages, and not those of the libraries below it, on standard
 * error. */
#include "config.h"

#include "sync-debug.h"

static GLogWriterOutput
write_own_cb (GLogLevelFlags log_level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_strcmp0 (fields[i].key, "GLIB_DOMAIN") == 0 && g_strcmp0 (fields[i].value, G_LOG_DOMAIN) == 0)
      return g_log_writer_standard_streams (log_level, fields, n_fields, user_data);
  return g_log_writer_default (log_level, fields, n_fields, user_data);
}

/**
 * sync_debug_enable:
 *
 * From now on debug messages are shown. To be called once at most, before there are other threads.
 */
void
sync_debug_enable (void)
{
  g_log_set_writer_func (write_own_cb, NULL, NULL);
}
