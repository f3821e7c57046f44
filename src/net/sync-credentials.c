/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The API key and secret of this till for one site.
 *
 * Invariants:
 * - What the environment gives stands: it is not stored, not overwritten and not cleared.
 * - A key ring that does not answer, is locked or is not there never stands in the way: the words are then
 *   held in memory for this session, and a debug message says so. "Not found" never wipes what is held.
 * - Every call to the key ring ends within 25 seconds: a prompt that nobody sees must not hold up anybody.
 * - The file is written only where the key ring does not take the words. What it has is newer than what the key ring has.
 * - Neither word is ever in a message, and their memory is overwritten before it is given back.
 *
 * Thread-confined: use it in the thread that made it. One operation at a time is under way, the others wait for
 * their turn: the last one that was begun is the one that counts, here and in the key ring. */
#include "config.h"

#include "sync-credentials.h"

#include <libsecret/secret.h>
#include <string.h>

#include "sync-clock-system.h"
#include "sync-error.h"
#include "sync-key-file.h"
#include "sync-key-ring-turn.h"
#include "sync-secret.h"

/* Bytes; ERPNext makes fifteen. */
#define LONGEST_WORD 255

struct _SyncCredentials
{
  GObject parent_instance;

  char *site;                   /* (owned) (nullable): NULL: there is no site to store them for */
  char *file;                   /* (owned) (nullable): where there is no key ring */
  SyncClock *clock;             /* (owned) */
  char *token;                  /* (owned) (nullable) */
  char *secret;                 /* (owned) (nullable): set if and only if the token is */
  SyncCredentialsSource source;
  char *fault;                  /* (owned) (nullable): why the file could not be read */
  GQueue turns;                 /* (owned) (element-type GTask): what is under way, and behind it what waits */
};

static const SecretSchema schema = {
  .name = "org.posawesome.Sync",
  .flags = SECRET_SCHEMA_NONE,
  .attributes = { { "site", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

G_DEFINE_FINAL_TYPE (SyncCredentials, sync_credentials, G_TYPE_OBJECT)

/* Takes both words; NULL and NULL forgets. */
static void
hold (SyncCredentials *self, char *token, char *secret, SyncCredentialsSource source)
{
  sync_secret_free (self->token);
  sync_secret_free (self->secret);
  self->token = token;
  self->secret = secret;
  self->source = source;
  g_clear_pointer (&self->fault, g_free);
}

/* (transfer full): a task without a turn: for what is decided at once */
static GTask *
new_task (SyncCredentials *self, gpointer tag, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, tag);
  return task;
}

/* Whether both words came from the environment; then the task has returned. */
static gboolean
return_if_fixed (GTask *task)
{
  SyncCredentials *self = g_task_get_source_object (task);

  if (self->source != SYNC_CREDENTIALS_ENVIRONMENT)
    return FALSE;
  g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_REFUSED,
                           "The API key comes from ERPNEXT_API_TOKEN and ERPNEXT_API_SECRET; "
                           "change or unset these variables and start again");
  return TRUE;
}

/* Whether the file has the words; they are held then. */
static gboolean
look_into_file (SyncCredentials *self)
{
  g_autoptr (GError) error = NULL;
  char *token = NULL;
  char *secret = NULL;

  if (self->file == NULL)
    return FALSE;
  if (!sync_key_file_read (self->file, self->site, &token, &secret, &error))
    {
      g_message ("%s", error->message);
      g_free (self->fault);
      self->fault = g_strdup (error->message);
    }
  if (token != NULL && sync_credentials_find_fault (token) == NULL && sync_credentials_find_fault (secret) == NULL)
    {
      hold (self, token, secret, SYNC_CREDENTIALS_FILE);
      return TRUE;
    }
  sync_secret_free (token);
  sync_secret_free (secret);
  return FALSE;
}

static void
lookup_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCredentials) self = g_object_ref (g_task_get_source_object (task));
  char *words = secret_password_lookup_finish (result, &error);
  char *colon = words != NULL ? strchr (words, ':') : NULL;

  if (!sync_key_ring_turn_return_if_taken_back (task))
    {
      if (error != NULL)
        g_debug ("no API key read, the Secret Service does not answer: %s", error->message);
      /* What is in the file is newer: a key ring that takes a key takes it out of there. */
      if (!look_into_file (self) && colon != NULL)
        hold (self, g_strndup (words, colon - words), g_strdup (colon + 1), SYNC_CREDENTIALS_SECRET_SERVICE);
      g_task_return_boolean (task, TRUE);
    }
  secret_password_free (words);
  sync_key_ring_turn_end (&self->turns);
}

static void
begin_load (GTask *task)
{
  SyncCredentials *self = g_task_get_source_object (task);
  SyncKeyRingTurn *turn = g_task_get_task_data (task);

  secret_password_lookup (&schema, turn->cancellable, lookup_cb, task, "site", self->site, NULL);
}

/**
 * sync_credentials_load_async:
 * @self: credentials
 * @cancellable: (nullable): takes it back
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Looks for the words of this site in the file of sync_credentials_set_file() and in the Secret Service, unless the
 * environment gave them; those in the file count. That they are not there, that there is no Secret Service, and that the file
 * cannot be used (a message says so), is not an error: sync_credentials_get_source() tells. Takes 25 seconds at most.
 */
void
sync_credentials_load_async (SyncCredentials *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SYNC_IS_CREDENTIALS (self));

  task = new_task (self, sync_credentials_load_async, callback, user_data);
  if (self->source == SYNC_CREDENTIALS_ENVIRONMENT || self->site == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  sync_key_ring_turn_new (task, self->clock, cancellable, begin_load);
  sync_key_ring_turn_wait (g_steal_pointer (&task), &self->turns);
}

/**
 * sync_credentials_load_finish:
 * @self: credentials
 * @result: what the callback got
 * @error: %G_IO_ERROR_CANCELLED only
 *
 * Returns: whether it came to an end
 */
gboolean
sync_credentials_load_finish (SyncCredentials *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Whether the file is to have what the key ring did not take. */
static gboolean
wants_file (SyncCredentials *self, const SyncKeyRingTurn *turn)
{
  return self->file != NULL
         && (turn->keep == SYNC_CREDENTIALS_KEEP_FILE
             || (turn->keep == SYNC_CREDENTIALS_KEEP_AS_BEFORE && self->source == SYNC_CREDENTIALS_FILE));
}

/* The words go where they can be kept; they are used in any case. */
static void
keep (GTask *task, gboolean stored)
{
  SyncCredentials *self = g_task_get_source_object (task);
  SyncKeyRingTurn *turn = g_task_get_task_data (task);
  SyncCredentialsSource source = stored ? SYNC_CREDENTIALS_SECRET_SERVICE : SYNC_CREDENTIALS_SESSION;
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (!stored && wants_file (self, turn))
    {
      done = sync_key_file_write (self->file, self->site, turn->token, turn->secret, &error);
      source = done ? SYNC_CREDENTIALS_FILE : SYNC_CREDENTIALS_SESSION;
    }
  else
    done = self->file == NULL || sync_key_file_remove (self->file, self->site, &error);
  hold (self, g_steal_pointer (&turn->token), g_steal_pointer (&turn->secret), source);
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_STORAGE,
                             "The API key is used from now on, but what is kept of it is as it was: %s; put that right, and set it again",
                             error->message);
}

static void
store_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCredentials) self = g_object_ref (g_task_get_source_object (task));
  gboolean stored = secret_password_store_finish (result, &error);

  if (!sync_key_ring_turn_return_if_taken_back (task))
    {
      if (!stored)
        g_debug ("the Secret Service does not take the API key: %s", error != NULL ? error->message : "no reason given");
      keep (task, stored);
    }
  sync_key_ring_turn_end (&self->turns);
}

static void
begin_set (GTask *task)
{
  SyncCredentials *self = g_task_get_source_object (task);
  SyncKeyRingTurn *turn = g_task_get_task_data (task);
  g_autofree char *label = g_strdup_printf ("POSAwesome Sync: API key of %s", self->site);
  char *words = g_strconcat (turn->token, ":", turn->secret, NULL);

  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, words, turn->cancellable, store_cb, task, "site",
                         self->site, NULL);
  sync_secret_free (words);
}

static gboolean
return_if_faulty (GTask *task, const char *what, const char *word)
{
  const char *fault = word != NULL ? sync_credentials_find_fault (word) : "is missing";

  if (fault == NULL)
    return FALSE;
  g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_INVALID, "The API %s %s", what, fault);
  return TRUE;
}

/**
 * sync_credentials_set_async:
 * @self: credentials
 * @token: the API key
 * @secret: the API secret
 * @keep_where: whether the file of sync_credentials_set_file() keeps them where there is no Secret Service
 * @cancellable: (nullable): takes it back: the words held before stay, what the key ring holds is then not
 *   known
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Stores both words in the Secret Service; where that fails, or takes longer than 25 seconds, in the file, if
 * @keep_where says so, and else they are held for this session. They count from the callback on.
 */
void
sync_credentials_set_async (SyncCredentials *self, const char *token, const char *secret, SyncCredentialsKeep keep_where,
                            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  SyncKeyRingTurn *turn;

  g_return_if_fail (SYNC_IS_CREDENTIALS (self));

  task = new_task (self, sync_credentials_set_async, callback, user_data);
  if (return_if_faulty (task, "key", token) || return_if_faulty (task, "secret", secret)
      || return_if_fixed (task))
    return;
  if (self->site == NULL)
    {
      hold (self, g_strdup (token), g_strdup (secret), SYNC_CREDENTIALS_SESSION);
      g_task_return_boolean (task, TRUE);
      return;
    }
  turn = sync_key_ring_turn_new (task, self->clock, cancellable, begin_set);
  turn->token = g_strdup (token);
  turn->secret = g_strdup (secret);
  turn->keep = keep_where;
  sync_key_ring_turn_wait (g_steal_pointer (&task), &self->turns);
}

/**
 * sync_credentials_set_finish:
 * @self: credentials
 * @result: what the callback got
 * @error: permanent: %SYNC_ERROR_INVALID for a word that ERPNext could not read, %SYNC_ERROR_REFUSED if the
 *   environment gives the words; transient: %SYNC_ERROR_STORAGE if they are in use, but the file could not be
 *   written; or %G_IO_ERROR_CANCELLED
 *
 * Returns: whether the new words are in use; sync_credentials_get_source() tells whether they outlast this
 * session
 */
gboolean
sync_credentials_set_finish (SyncCredentials *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Whether there is no key ring at all, so that none can have the words. */
static gboolean
is_no_key_ring (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
         || (error->domain == G_IO_ERROR && error->code != G_IO_ERROR_CANCELLED && error->code != G_IO_ERROR_TIMED_OUT);
}

static void
forget (GTask *task, const GError *ring_error)
{
  SyncCredentials *self = g_task_get_source_object (task);
  gboolean was_stored = self->source == SYNC_CREDENTIALS_SECRET_SERVICE;
  g_autoptr (GError) error = NULL;
  gboolean done = self->file == NULL || sync_key_file_remove (self->file, self->site, &error);

  hold (self, NULL, NULL, SYNC_CREDENTIALS_NONE);
  if (ring_error != NULL && (was_stored || !is_no_key_ring (ring_error)))
    g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_STORAGE,
                             "The API key of %s is not used any more, but the Secret Service did not remove it: %s;"
                             " remove it with the desktop's password program",
                             self->site, ring_error->message);
  else if (!done)
    g_task_return_new_error (task, SYNC_ERROR, SYNC_ERROR_STORAGE,
                             "The API key of %s is not used any more, but what is kept of it is as it was: %s; put that right,"
                             " and clear it again", self->site, error->message);
  else
    g_task_return_boolean (task, TRUE);
}

static void
clear_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCredentials) self = g_object_ref (g_task_get_source_object (task));

  /* FALSE without an error: there was nothing to remove. */
  secret_password_clear_finish (result, &error);
  if (!sync_key_ring_turn_return_if_taken_back (task))
    forget (task, error);
  sync_key_ring_turn_end (&self->turns);
}

static void
begin_clear (GTask *task)
{
  SyncCredentials *self = g_task_get_source_object (task);
  SyncKeyRingTurn *turn = g_task_get_task_data (task);

  secret_password_clear (&schema, turn->cancellable, clear_cb, task, "site", self->site, NULL);
}

/**
 * sync_credentials_clear_async:
 * @self: credentials
 * @cancellable: (nullable): takes it back
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Forgets the words, here, in the Secret Service and in the file.
 */
void
sync_credentials_clear_async (SyncCredentials *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SYNC_IS_CREDENTIALS (self));

  task = new_task (self, sync_credentials_clear_async, callback, user_data);
  if (return_if_fixed (task))
    return;
  if (self->site == NULL)
    {
      hold (self, NULL, NULL, SYNC_CREDENTIALS_NONE);
      g_task_return_boolean (task, TRUE);
      return;
    }
  sync_key_ring_turn_new (task, self->clock, cancellable, begin_clear);
  sync_key_ring_turn_wait (g_steal_pointer (&task), &self->turns);
}

/**
 * sync_credentials_clear_finish:
 * @self: credentials
 * @result: what the callback got
 * @error: permanent: %SYNC_ERROR_REFUSED if the environment gives the words; transient: %SYNC_ERROR_STORAGE
 *   if the Secret Service or the file may still have them (they are forgotten here all the same); or
 *   %G_IO_ERROR_CANCELLED
 *
 * Returns: whether they are gone
 */
gboolean
sync_credentials_clear_finish (SyncCredentials *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sync_credentials_dup_authorization:
 * @self: credentials
 *
 * Returns: (transfer full) (nullable): the value of the `Authorization` header, `token KEY:SECRET`; %NULL if
 * the words are not known. Not for any log.
 */
char *
sync_credentials_dup_authorization (SyncCredentials *self)
{
  g_return_val_if_fail (SYNC_IS_CREDENTIALS (self), NULL);

  if (self->token == NULL)
    return NULL;
  return g_strconcat ("token ", self->token, ":", self->secret, NULL);
}

/**
 * sync_credentials_get_source:
 * @self: credentials
 *
 * Returns: where the words come from; %SYNC_CREDENTIALS_NONE if they are not known
 */
SyncCredentialsSource
sync_credentials_get_source (SyncCredentials *self)
{
  g_return_val_if_fail (SYNC_IS_CREDENTIALS (self), SYNC_CREDENTIALS_NONE);

  return self->source;
}

/**
 * sync_credentials_get_fault:
 * @self: credentials
 *
 * Returns: (transfer none) (nullable): why the file that may have the words could not be read; %NULL: it could, or they
 * are known otherwise
 */
const char *
sync_credentials_get_fault (SyncCredentials *self)
{
  g_return_val_if_fail (SYNC_IS_CREDENTIALS (self), NULL);

  return self->fault;
}

/**
 * sync_credentials_source_to_string:
 * @source: where they come from
 *
 * Returns: (transfer none): `none`, `environment`, `secret-service`, `session` or `file`
 */
const char *
sync_credentials_source_to_string (SyncCredentialsSource source)
{
  static const char *const names[] = { "none", "environment", "secret-service", "session", "file" };

  g_return_val_if_fail ((guint) source < G_N_ELEMENTS (names), NULL);

  return names[source];
}

/**
 * sync_credentials_set_clock:
 * @self: credentials without an operation under way
 * @clock: measures the time-out of the Secret Service from now on, instead of the machine's own clock
 */
void
sync_credentials_set_clock (SyncCredentials *self, SyncClock *clock)
{
  g_return_if_fail (SYNC_IS_CREDENTIALS (self));
  g_return_if_fail (SYNC_IS_CLOCK (clock));

  g_set_object (&self->clock, clock);
}

/**
 * sync_credentials_set_file:
 * @self: credentials without an operation under way
 * @path: (nullable): a file that may keep the words where there is no Secret Service, as sync_key_file_dup_path()
 *   names it; %NULL: none
 */
void
sync_credentials_set_file (SyncCredentials *self, const char *path)
{
  g_return_if_fail (SYNC_IS_CREDENTIALS (self));

  g_free (self->file);
  self->file = g_strdup (path);
}

/**
 * sync_credentials_find_fault:
 * @text: an API key or secret as somebody typed it
 *
 * ERPNext takes `token KEY:SECRET` only if it is exactly two words; with a blank in a word it does not refuse
 * the header but runs the call as a guest.
 *
 * Returns: (transfer none) (nullable): what is wrong with it, to stand behind its name; %NULL if it can be
 * used
 */
const char *
sync_credentials_find_fault (const char *text)
{
  if (*text == '\0')
    return "is empty";
  if (strlen (text) > LONGEST_WORD)
    return "is longer than any API key; copy it again";
  for (const char *c = text; *c != '\0'; c++)
    {
      if (g_ascii_isspace (*c))
        return "holds a blank or a line break; copy it again without them";
      if (*c == ':')
        return "holds a colon; give the key and the secret apart";
      if (!g_ascii_isgraph (*c))
        return "holds a character that no API key has; copy it again";
    }
  return NULL;
}

static void
sync_credentials_finalize (GObject *object)
{
  SyncCredentials *self = SYNC_CREDENTIALS (object);

  hold (self, NULL, NULL, SYNC_CREDENTIALS_NONE);
  g_clear_object (&self->clock);
  g_free (self->site);
  g_free (self->file);
  G_OBJECT_CLASS (sync_credentials_parent_class)->finalize (object);
}

static void
sync_credentials_class_init (SyncCredentialsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_credentials_finalize;
}

static void
sync_credentials_init (SyncCredentials *self)
{
  self->clock = sync_clock_system_new ();
}

/**
 * sync_credentials_new:
 * @site: (nullable): the site they are for, the base URL's origin; %NULL: none is set yet, nothing can be
 *   stored
 * @token: (nullable): the API key that the environment gives
 * @secret: (nullable): the API secret that the environment gives
 *
 * The words of the environment count if both are there and sync_credentials_find_fault() has nothing against
 * them.
 *
 * Returns: (transfer full): credentials; nothing was looked up yet
 */
SyncCredentials *
sync_credentials_new (const char *site, const char *token, const char *secret)
{
  SyncCredentials *self = g_object_new (SYNC_TYPE_CREDENTIALS, NULL);

  self->site = g_strdup (site);
  if (token != NULL && secret != NULL && sync_credentials_find_fault (token) == NULL
      && sync_credentials_find_fault (secret) == NULL)
    hold (self, g_strdup (token), g_strdup (secret), SYNC_CREDENTIALS_ENVIRONMENT);
  return self;
}
