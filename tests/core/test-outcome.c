/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each recorded answer of a real ERPNext means. The tables were written from the descriptions of the
 * answers and not from the code. In the comments: status and exc_type. */
#include "config.h"

#include <string.h>

#include "recording.h"
#include "sync-outcome.h"

static const struct
{
  const char *file;
  SyncAction action;
  SyncProof proof;
  SyncVerdict verdict;
  SyncHostNews host;
} recorded[] = {
#define ROW(file, action, proof, verdict, host)                                                            \
  { file, SYNC_ACTION_##action, SYNC_PROOF_##proof, SYNC_VERDICT_##verdict, SYNC_HOST_##host },
  /* clang-format off */
  ROW ("103-token-wrong-key", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 401 AuthenticationError */
  ROW ("104-token-right-key-wrong-secret", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 401 AuthenticationError */
  ROW ("105-token-malformed-nocolon", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 401 AuthenticationError */
  ROW ("106-token-malformed-three-parts", CALL, MESSAGE, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("107-unknown-scheme", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 401 AuthenticationError */
  ROW ("108-bearer-bad", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 401 AuthenticationError */
  ROW ("109-basic-bad-base64", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 401 AuthenticationError */
  ROW ("110-guest-whoami", CALL, MESSAGE, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("112-guest-resource-list", CALL, MESSAGE, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("113-guest-resource-create", CREATE, DOCUMENT, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("114-guest-resource-read", CALL, MESSAGE, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("115-guest-v2-list", CALL, MESSAGE, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("117-token-wrong-accept-html", CALL, MESSAGE, UNKNOWN, SUSPECT) /* 401; we ask for JSON, and never get this */
  ROW ("120-login-ok", CALL, MESSAGE, DELIVERED, UP) /* 200 */
  ROW ("124-cookie-post-without-csrf", CREATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("125-cookie-app-page", CALL, MESSAGE, UNKNOWN, NOT_OURS) /* 200 */
  ROW ("126-cookie-post-after-boot-without-csrf", CREATE, DOCUMENT, NOT_DONE, SIGN_IN) /* 400 CSRFTokenError */
  ROW ("126b-cookie-post-with-csrf", CREATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("127-cookie-post-wrong-csrf", CREATE, DOCUMENT, NOT_DONE, SIGN_IN) /* 400 CSRFTokenError */
  ROW ("129-cookie-and-token-post", CREATE, DOCUMENT, NOT_DONE, SIGN_IN) /* 400 CSRFTokenError */
  ROW ("130-cookie-expired-sid-get", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 403 PermissionError */
  ROW ("131-cookie-expired-sid-post", CREATE, DOCUMENT, NOT_DONE, SIGN_IN) /* 403 PermissionError */
  ROW ("132-cookie-expired-sid-plus-good-token", CREATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("134-after-logout", CALL, MESSAGE, NOT_DONE, SIGN_IN) /* 403 PermissionError */
  ROW ("141-generate-keys", CALL, MESSAGE, DELIVERED, UP) /* 200 */
  ROW ("150-unknown-site-host", CALL, MESSAGE, ASK, NO_NEWS) /* 404 */
  ROW ("152-login-locked-after-failures", CALL, MESSAGE, REFUSED, UP) /* 500 SecurityException */
  ROW ("201-v1-create-note", CREATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("207-v1-list-bad-field", CALL, MESSAGE, REFUSED, UP) /* 417 DataError */
  ROW ("208-v1-list-bad-filter-field", CALL, MESSAGE, REFUSED, UP) /* 417 DataError */
  ROW ("209-v1-list-bad-json-fields", CALL, MESSAGE, RETRY, UP) /* 500 JSONDecodeError */
  ROW ("211-v1-read-missing", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("212-v1-read-missing-no-perm", CALL, MESSAGE, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("214-v1-unknown-doctype", CALL, MESSAGE, RETRY, UP) /* 500 ImportError */
  ROW ("215-v1-unknown-doctype-list", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("216-v1-unknown-doctype-create", CREATE, DOCUMENT, RETRY, UP) /* 500 ImportError */
  ROW ("220-v2-create", CREATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("223-v2-patch", UPDATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("224-v2-put", UPDATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("225-v2-missing", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("226-v2-delete", DELETE, DELETED, DELIVERED, UP) /* 202 */
  ROW ("228-v2-delete-again", DELETE, DELETED, DELIVERED, UP) /* 404 DoesNotExistError */
  ROW ("230-v1-put-partial-no-modified", UPDATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("231-v1-put-stale-modified", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("232-v1-put-current-modified", UPDATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("234-v1-put-modified-truncated-to-seconds", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("235-v1-put-modified-iso-T", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("236-v1-put-modified-null", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("237-v1-put-modified-empty", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("238-v1-put-modified-garbage", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("239-v2-patch-stale-modified", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("241-v1-put-nochange", UPDATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("242-v1-put-unknown-field", UPDATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("243-v1-put-change-name-owner-creation", UPDATE, DOCUMENT, REFUSED, UP) /* 417 CannotChangeConstantError */
  ROW ("244-v1-put-name-in-body", UPDATE, DOCUMENT, GONE, UP) /* 404 DoesNotExistError */
  ROW ("245-v1-patch", UPDATE, DOCUMENT, GONE, UP) /* 404 DoesNotExistError */
  ROW ("246-v1-put-missing-doc", UPDATE, DOCUMENT, GONE, UP) /* 404 DoesNotExistError */
  ROW ("251-client-save-stale", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("252-client-save-without-modified", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("254-client-set_value-modified", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("255-client-set_value-std-field", UPDATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("256-desk-savedocs-stale", CALL, MESSAGE, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("260-v1-delete", DELETE, DELETED, DELIVERED, UP) /* 202 */
  ROW ("261-v1-delete-again", DELETE, DELETED, DELIVERED, UP) /* 404 DoesNotExistError */
  ROW ("262-v1-delete-linked", DELETE, DELETED, REFUSED, UP) /* 417 LinkExistsError */
  ROW ("263-v1-delete-no-perm", DELETE, DELETED, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("301-si-create-two-rows", CREATE, DOCUMENT, UNKNOWN, SUSPECT) /* 200 */
  ROW ("302-put-without-table-key", UPDATE, DOCUMENT, UNKNOWN, SUSPECT) /* 200 */
  ROW ("303-put-one-row-by-name", UPDATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("307-put-empty-table", UPDATE, DOCUMENT, RETRY, UP) /* 500 IndexError */
  ROW ("310-create-existing-name-field-autoname", CREATE, DOCUMENT, TAKEN, UP) /* 409 DuplicateEntryError */
  ROW ("311-create-customer-same-name", CREATE, DOCUMENT, DELIVERED, UP) /* 200 */
  ROW ("313-create-customer-client-name-again", CREATE, DOCUMENT, TAKEN, UP) /* 409 DuplicateEntryError */
  ROW ("314-v2-create-customer-client-name-again", CREATE, DOCUMENT, TAKEN, UP) /* 409 DuplicateEntryError */
  ROW ("323-si-same-client-request-id", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("326-v2-same-client-request-id", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("331-si-client-name-again", CREATE, DOCUMENT, TAKEN, UP) /* 409 DuplicateEntryError */
  ROW ("339-si-name-141-chars", CREATE, DOCUMENT, RETRY, UP) /* 500 DataError */
  ROW ("340-custom-field-by-cashier", CREATE, DOCUMENT, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("342-custom-field-again", CREATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("344-customer-same-key", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("353-put-docstatus-1", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("357-put-docstatus-1-again-on-submitted", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("401-submit-by-PUT-docstatus", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("402-submit-by-PUT-docstatus-with-modified", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("403-submit-by-PUT-stale-modified", SUBMIT, SUBMITTED, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("404-submit-by-run_method-POST", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("405-submit-by-run_method-query", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("406-v2-submit-method", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("407-client.submit-full-doc", SUBMIT, SUBMITTED, UNKNOWN, SUSPECT) /* 200 */
  ROW ("408-client.submit-same-doc-again", SUBMIT, SUBMITTED, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("409-client.submit-name-only", SUBMIT, SUBMITTED, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("410-PUT-submit-again-with-draft-modified", SUBMIT, SUBMITTED, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("411-run_method-submit-on-submitted", SUBMIT, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("412-update-submitted-forbidden-field", UPDATE, DOCUMENT, STALE, UP) /* 417 UpdateAfterSubmitError */
  ROW ("413-update-submitted-allowed-field", UPDATE, DOCUMENT, STALE, UP) /* 417 UpdateAfterSubmitError */
  ROW ("414-submitted-back-to-draft", UPDATE, DOCUMENT, STALE, UP) /* 417 DocstatusTransitionError */
  ROW ("415-delete-submitted", DELETE, DELETED, REFUSED, UP) /* 417 ValidationError */
  ROW ("416-cancel-no-permission", CANCEL, CANCELLED, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("417-cancel-by-PUT", CANCEL, CANCELLED, DELIVERED, UP) /* 200 */
  ROW ("418-cancel-again-by-PUT", CANCEL, CANCELLED, REFUSED, UP) /* 417 ValidationError */
  ROW ("419-edit-cancelled", UPDATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("420-client.cancel-already-cancelled", CANCEL, CANCELLED, REFUSED, UP) /* 417 ValidationError */
  ROW ("421-client.cancel", CANCEL, CANCELLED, STALE, UP) /* 417 DocstatusTransitionError */
  ROW ("422-cancel-draft", CANCEL, CANCELLED, STALE, UP) /* 417 DocstatusTransitionError */
  ROW ("423-docstatus-invalid", UPDATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("426-amend-again-same", CREATE, DOCUMENT, TAKEN, UP) /* 409 DuplicateEntryError */
  ROW ("427-amend-of-not-cancelled", CREATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("430-negative-stock", CREATE, DOCUMENT, REFUSED, UP) /* 417 NegativeStockError */
  ROW ("431-missing-mandatory", CREATE, DOCUMENT, REFUSED, UP) /* 417 MandatoryError */
  ROW ("432-missing-mandatory-si", CREATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("433-empty-body-si", CREATE, DOCUMENT, RETRY, UP) /* 500 TypeError */
  ROW ("434-bad-link", CREATE, DOCUMENT, REFUSED, UP) /* 417 LinkValidationError */
  ROW ("435-bad-link-customer-si", CREATE, DOCUMENT, RETRY, UP) /* 500 AttributeError */
  ROW ("436-bad-item-si", CREATE, DOCUMENT, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("437-bad-select", CREATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("438-perm-create", CREATE, DOCUMENT, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("440-perm-write", UPDATE, DOCUMENT, ASK, NO_NEWS) /* 403 PermissionError */
  ROW ("442-bad-date", CREATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("444-bad-number", CREATE, DOCUMENT, REFUSED, UP) /* 417 InvalidQtyError */
  ROW ("445-too-long-data", CREATE, DOCUMENT, REFUSED, UP) /* 417 CharacterLengthExceededError */
  ROW ("446-duplicate-email-user", CREATE, DOCUMENT, TAKEN, UP) /* 409 DuplicateEntryError */
  ROW ("447-v2-mandatory", CREATE, DOCUMENT, REFUSED, UP) /* 417 MandatoryError */
  ROW ("448-v2-negative-stock", CREATE, DOCUMENT, REFUSED, UP) /* 417 NegativeStockError */
  ROW ("465-client.cancel-ok", CANCEL, CANCELLED, UNKNOWN, SUSPECT) /* 200 */
  ROW ("466-client.submit-new-doc", CREATE, SUBMITTED, UNKNOWN, SUSPECT) /* 200 */
  ROW ("501-bad-json", CREATE, DOCUMENT, RETRY, UP) /* 500 JSONDecodeError */
  ROW ("502-json-empty-body-with-ct", CREATE, DOCUMENT, REFUSED, UP) /* 417 MandatoryError */
  ROW ("503-json-array", CREATE, DOCUMENT, RETRY, UP) /* 500 TypeError */
  ROW ("504-json-string", CREATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("509-bad-utf8", CREATE, DOCUMENT, RETRY, UP) /* 500 AttributeError */
  ROW ("510-v2-text-plain", CREATE, DOCUMENT, REFUSED, UP) /* 417 MandatoryError */
  ROW ("511-v2-bad-json", CREATE, DOCUMENT, RETRY, UP) /* 500 JSONDecodeError */
  ROW ("512-json-nan", CREATE, DOCUMENT, RETRY, UP) /* 500 ValueError */
  ROW ("520-patch-v1", UPDATE, DOCUMENT, GONE, UP) /* 404 DoesNotExistError */
  ROW ("521-put-collection", UPDATE, DOCUMENT, ASK, NO_NEWS) /* 405 */
  ROW ("522-delete-collection", DELETE, DELETED, ASK, NO_NEWS) /* 405 */
  ROW ("524-options", CALL, MESSAGE, UNKNOWN, NOT_OURS) /* 200 */
  ROW ("525-unknown-api-path", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("526-unknown-method", CALL, MESSAGE, REFUSED, UP) /* 417 ValidationError */
  ROW ("527-unknown-method-in-known-module", CALL, MESSAGE, REFUSED, UP) /* 417 ValidationError */
  ROW ("532-missing-argument", UPDATE, DOCUMENT, RETRY, UP) /* 500 TypeError */
  ROW ("533-wrong-arg-type", CALL, MESSAGE, REFUSED, UP) /* 417 FrappeTypeError */
  ROW ("534-extra-argument", CALL, MESSAGE, DELIVERED, UP) /* 200 */
  ROW ("535-cmd-in-body", CALL, MESSAGE, DELIVERED, UP) /* 200 */
  ROW ("536-non-api-post", CALL, MESSAGE, ASK, NO_NEWS) /* 404 */
  ROW ("537-non-api-put", CALL, MESSAGE, ASK, NO_NEWS) /* 404 */
  ROW ("539-v2-unknown-doctype", CALL, MESSAGE, RETRY, UP) /* 500 ImportError */
  ROW ("540-v2-unknown-doctype-create", CREATE, DOCUMENT, RETRY, UP) /* 500 ImportError */
  ROW ("541-v2-unknown-method", CALL, MESSAGE, REFUSED, UP) /* 417 ValidationError */
  ROW ("542-double-slash-name", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("544-large-ok", CREATE, DOCUMENT, UNKNOWN, SUSPECT) /* 200 */
  ROW ("545-too-large-nginx", CREATE, DOCUMENT, REFUSED, NO_NEWS) /* 413 */
  ROW ("547-read-old-name", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("548-rate-limit-endpoint-429", CALL, MESSAGE, NOT_DONE, THROTTLED) /* 429 RateLimitExceededError */
  ROW ("550-conc-put-same-modified-1", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("551-conc-set_value-1", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("551-conc-set_value-2", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("551-conc-set_value-3", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("552-conc-same-key-1", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("552-conc-same-key-2", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("560-lock-wait-timeout", UPDATE, DOCUMENT, BUSY, UP) /* 500 QueryTimeoutError */
  ROW ("561-lock-wait-timeout-v2", UPDATE, DOCUMENT, BUSY, UP) /* 500 QueryTimeoutError */
  ROW ("562-lock-wait-timeout-html", UPDATE, DOCUMENT, UNKNOWN, SUSPECT) /* 500 */
  ROW ("565-deadlock", UPDATE, DOCUMENT, BUSY, UP) /* 500 QueryDeadlockError */
  ROW ("570-document-locked", UPDATE, DOCUMENT, BUSY, UP) /* 417 DocumentLockedError */
  ROW ("572-document-locked-delete", DELETE, DELETED, DELIVERED, UP) /* 202 */
  ROW ("573-rate-limit-ok-headers", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("574-rate-limited-429", CALL, MESSAGE, NOT_DONE, THROTTLED) /* 429 TooManyRequestsError */
  ROW ("575-rate-limited-post", CREATE, DOCUMENT, NOT_DONE, THROTTLED) /* 429 TooManyRequestsError */
  ROW ("576-rate-limited-html", CALL, MESSAGE, NOT_DONE, THROTTLED) /* 429 */
  ROW ("576b-rate-limited-ping-guest", CALL, MESSAGE, NOT_DONE, THROTTLED) /* 429 TooManyRequestsError */
  ROW ("577-maintenance-get", CALL, MESSAGE, NOT_DONE, THROTTLED) /* 503 SessionStopped */
  ROW ("578-maintenance-post", CREATE, DOCUMENT, NOT_DONE, THROTTLED) /* 503 SessionStopped */
  ROW ("579-maintenance-ping", CALL, MESSAGE, NOT_DONE, THROTTLED) /* 503 SessionStopped */
  ROW ("580-maintenance-html", CALL, MESSAGE, UNKNOWN, SUSPECT) /* 500 */
  ROW ("580b-maintenance-v2", CREATE, DOCUMENT, NOT_DONE, THROTTLED) /* 503 SessionStopped */
  ROW ("581-maintenance-reads-allowed-get", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("582-maintenance-reads-allowed-post", CREATE, DOCUMENT, NOT_DONE, THROTTLED) /* 503 InReadOnlyMode */
  ROW ("583-maintenance-reads-allowed-put", UPDATE, DOCUMENT, NOT_DONE, THROTTLED) /* 503 InReadOnlyMode */
  ROW ("584-no-traceback-417", CREATE, DOCUMENT, REFUSED, UP) /* 417 MandatoryError */
  ROW ("585-no-traceback-500", CREATE, DOCUMENT, RETRY, UP) /* 500 JSONDecodeError */
  ROW ("586-no-traceback-stale", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("587-no-traceback-409", CREATE, DOCUMENT, TAKEN, UP) /* 409 DuplicateEntryError */
  ROW ("588-no-traceback-v2", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("588b-no-traceback-unique", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("592-nginx-502", CALL, MESSAGE, UNKNOWN, SUSPECT) /* 502 */
  ROW ("593-nginx-504-but-committed", UPDATE, DOCUMENT, UNKNOWN, SUSPECT) /* 504 */
  ROW ("595-sync-worker-timeout-direct", UPDATE, DOCUMENT, UNKNOWN, SUSPECT) /* 500 */
  ROW ("596-sync-worker-timeout-behind-nginx", UPDATE, DOCUMENT, UNKNOWN, SUSPECT) /* 500 */
  ROW ("600-db-connection-killed-mid-request", UPDATE, DOCUMENT, UNKNOWN, SUSPECT) /* 500 */
  ROW ("604d-redis-queue-down-delete", DELETE, DELETED, UNKNOWN, SUSPECT) /* 500 */
  ROW ("605-db-down-get", CALL, MESSAGE, UNKNOWN, DOWN) /* 500 OperationalError */
  ROW ("606-db-down-post", CREATE, DOCUMENT, UNKNOWN, SUSPECT) /* 500 */
  ROW ("607-db-down-ping", CALL, MESSAGE, UNKNOWN, SUSPECT) /* 500 */
  ROW ("608-db-down-post-nginx", CREATE, DOCUMENT, UNKNOWN, SUSPECT) /* 500 */
  ROW ("611-posa-create_opening_voucher", CALL, MESSAGE, UNKNOWN, SUSPECT) /* 200 */
  ROW ("613-posa-sync_customers", CALL, MESSAGE, RETRY, UP) /* 500 TypeError */
  ROW ("620-posa-submit_invoice_outbox_entry", CREATE, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("621-posa-submit_outbox-replay", CREATE, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("622-posa-reconcile", CALL, MESSAGE, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("623-posa-reconcile-unknown-key", CALL, MESSAGE, REFUSED, UP) /* 417 ValidationError */
  ROW ("624-posa-submit_invoice-direct", CREATE, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("625-posa-submit_invoice-direct-again", CREATE, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("626-posa-submit_invoice-no-key", CREATE, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("628-posa-race-0", CREATE, SUBMITTED, DELIVERED, UP) /* 200 */
  ROW ("628-posa-race-1", CREATE, SUBMITTED, REFUSED, UP) /* 417 ValidationError */
  ROW ("628-posa-race-2", CREATE, SUBMITTED, REFUSED, UP) /* 417 ValidationError */
  ROW ("629-posa-negative-stock", CREATE, SUBMITTED, REFUSED, UP) /* 417 ValidationError */
  ROW ("631-posa-create_customer-again", CREATE, DOCUMENT, REFUSED, UP) /* 417 ValidationError */
  ROW ("632-posa-missing-endpoint", CALL, MESSAGE, REFUSED, UP) /* 417 ValidationError */
  ROW ("633-posa-update_price_list_rate-GET-commits", CALL, MESSAGE, REFUSED, UP) /* 417 ItemPriceDuplicateItem */
  ROW ("641-run_doc_method-submit", CALL, MESSAGE, UNKNOWN, SUSPECT) /* 200 */
  ROW ("648-insert_many-partial-failure", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("700-lost-response-port8000-RST-repost-same-key", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("701-lost-response-port8000-FIN-repost-same-key", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("702-lost-response-port8000-read-repost-same-key", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("703-lost-response-port8080-RST-repost-same-key", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("705-lost-response-port8080-read-repost-same-key", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("711-lost-submit-resend-same-body", SUBMIT, SUBMITTED, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("712-lost-put-resend", UPDATE, DOCUMENT, STALE, UP) /* 417 TimestampMismatchError */
  ROW ("810-user-roles", CALL, MESSAGE, RETRY, UP) /* 500 KeyError */
  ROW ("834-trailing-slash-nginx", CALL, MESSAGE, NOT_DONE, NOT_OURS) /* 301 */
  ROW ("835-html-suffix-name-nginx", CALL, MESSAGE, NOT_DONE, NOT_OURS) /* 301 */
  ROW ("902-unique-key-case-insensitive", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("903-unique-key-trailing-space", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("906-probe-missing-field", CALL, MESSAGE, REFUSED, UP) /* 417 DataError */
  ROW ("908-key-too-long", CREATE, DOCUMENT, REFUSED, UP) /* 417 CharacterLengthExceededError */
  ROW ("909-repost-key-of-cancelled", CREATE, DOCUMENT, TAKEN, UP) /* 417 UniqueValidationError */
  ROW ("912-submit-negative-stock", SUBMIT, SUBMITTED, REFUSED, UP) /* 417 NegativeStockError */
  ROW ("915-unknown-method-html-accept", CALL, MESSAGE, REFUSED, UP) /* 417 ValidationError */
  ROW ("916-no-accept-header", CALL, MESSAGE, REFUSED, UP) /* 404 DoesNotExistError */
  ROW ("917-accept-text", CALL, MESSAGE, ASK, NO_NEWS) /* 404 */
  /* The same answers under other questions. */
  ROW ("201-v1-create-note", SUBMIT, SUBMITTED, UNPROVEN, UP)
  ROW ("201-v1-create-note", CALL, EMPTY, DELIVERED, UP)
  ROW ("201-v1-create-note", DELETE, DELETED, UNPROVEN, UP)
  ROW ("226-v2-delete", CREATE, DOCUMENT, UNPROVEN, UP)
  ROW ("401-submit-by-PUT-docstatus", CANCEL, CANCELLED, UNPROVEN, UP)
  ROW ("612-posa-get_items-POST", CREATE, DOCUMENT, UNPROVEN, UP)
  ROW ("801-ping", CALL, MESSAGE, DELIVERED, UP)
  ROW ("801-ping", CREATE, DOCUMENT, UNPROVEN, UP)
  ROW ("801-ping", CALL, NO_ERRORS, UNPROVEN, UP)
  ROW ("803-v2-ping", CALL, MESSAGE, DELIVERED, UP)
  ROW ("620-posa-submit_invoice_outbox_entry", CALL, NO_ERRORS, DELIVERED, UP)
  ROW ("225-v2-missing", DELETE, DELETED, DELIVERED, UP)
  ROW ("225-v2-missing", SUBMIT, SUBMITTED, GONE, UP)
  ROW ("323-si-same-client-request-id", UPDATE, DOCUMENT, REFUSED, UP)
  ROW ("310-create-existing-name-field-autoname", UPDATE, DOCUMENT, REFUSED, UP)
#undef ROW
  /* clang-format on */
};

/* Pairs that no recording shows, and answers of others. */
static const struct
{
  guint status;
  const char *type;
  const char *body;
  SyncAction action;
  SyncProof proof;
  SyncVerdict verdict;
  SyncHostNews host;
} made[] = {
#define ROW(status, type, body, action, proof, verdict, host)                                              \
  {                                                                                                        \
    status, type, body, SYNC_ACTION_##action, SYNC_PROOF_##proof, SYNC_VERDICT_##verdict, SYNC_HOST_##host \
  },
#define JSON "application/json"
#define HTML "text/html; charset=utf-8"
#define EXC(name) "{\"exc_type\":\"" name "\"}"
#define V2(name) "{\"errors\":[{\"type\":\"" name "\",\"message\":\"m\"}]}"
  /* clang-format off */
  ROW (409, JSON, EXC ("NameError"), CREATE, DOCUMENT, TAKEN, UP)
  ROW (409, JSON, V2 ("NameError"), CREATE, DOCUMENT, TAKEN, UP)
  ROW (409, JSON, V2 ("DuplicateEntryError"), CALL, MESSAGE, TAKEN, UP)
  ROW (409, JSON, EXC ("SomethingElse"), CREATE, DOCUMENT, REFUSED, UP)
  ROW (417, JSON, V2 ("UniqueValidationError"), CREATE, DOCUMENT, TAKEN, UP)
  ROW (500, JSON, EXC ("InterfaceError"), CREATE, DOCUMENT, UNKNOWN, DOWN)
  ROW (500, JSON, V2 ("OperationalError"), UPDATE, DOCUMENT, UNKNOWN, DOWN)
  ROW (500, JSON, V2 ("QueryDeadlockError"), UPDATE, DOCUMENT, BUSY, UP)
  ROW (508, JSON, EXC ("QueryDeadlockError"), UPDATE, DOCUMENT, BUSY, UP)
  ROW (508, HTML, "<html></html>", UPDATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (503, JSON, EXC ("QueueOverloaded"), CREATE, DOCUMENT, NOT_DONE, THROTTLED)
  ROW (503, JSON, V2 ("InReadOnlyMode"), CREATE, DOCUMENT, NOT_DONE, THROTTLED)
  ROW (503, HTML, "<html></html>", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (503, JSON, "{}", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (502, "text/plain", "bad gateway", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (504, NULL, "", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (500, NULL, "", CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (500, JSON, "{\"message\":\"oops\"}", CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (501, JSON, EXC ("Odd"), CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (511, HTML, "<html>sign in to the hotel</html>", CREATE, DOCUMENT, UNKNOWN, NOT_OURS)
  ROW (520, HTML, "<html></html>", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (599, NULL, "", CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (423, JSON, EXC ("DocumentLockedError"), UPDATE, DOCUMENT, BUSY, UP)
  ROW (423, JSON, V2 ("Odd"), UPDATE, DOCUMENT, BUSY, UP)
  ROW (423, JSON, "{}", UPDATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (423, JSON, "{\"message\":\"locked\"}", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (425, JSON, EXC ("Odd"), CREATE, DOCUMENT, BUSY, UP)
  ROW (425, NULL, "", UPDATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (408, HTML, "<html></html>", CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (429, NULL, "", CREATE, DOCUMENT, NOT_DONE, THROTTLED)
  ROW (401, JSON, EXC ("SessionExpired"), CREATE, DOCUMENT, NOT_DONE, SIGN_IN)
  ROW (401, JSON, V2 ("AuthenticationError"), DELETE, DELETED, NOT_DONE, SIGN_IN)
  ROW (401, NULL, "", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (401, HTML, "<html>proxy</html>", UPDATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (401, JSON, "{\"message\":\"sign in to the proxy\"}", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (400, JSON, EXC ("InvalidAuthorizationToken"), CREATE, DOCUMENT, NOT_DONE, SIGN_IN)
  ROW (400, JSON, EXC ("InvalidAuthorizationHeader"), CREATE, DOCUMENT, NOT_DONE, SIGN_IN)
  ROW (400, JSON, EXC ("InvalidAuthorizationPrefix"), CREATE, DOCUMENT, NOT_DONE, SIGN_IN)
  ROW (400, JSON, EXC ("Odd"), CREATE, DOCUMENT, REFUSED, UP)
  ROW (400, HTML, "<html>bad request</html>", CREATE, DOCUMENT, ASK, NO_NEWS)
  ROW (403, HTML, "<html>firewall</html>", CREATE, DOCUMENT, ASK, NO_NEWS)
  ROW (403, JSON, "{\"session_expired\":1}", CREATE, DOCUMENT, NOT_DONE, SIGN_IN)
  ROW (404, HTML, "<html>no such page</html>", DELETE, DELETED, ASK, NO_NEWS)
  ROW (404, NULL, "", DELETE, DELETED, ASK, NO_NEWS)
  ROW (404, JSON, V2 ("DoesNotExistError"), CANCEL, CANCELLED, GONE, UP)
  ROW (407, HTML, "<html>proxy</html>", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (407, JSON, EXC ("Odd"), CREATE, DOCUMENT, NOT_DONE, NOT_OURS)
  ROW (412, JSON, "{\"message\":\"changed\"}", UPDATE, DOCUMENT, STALE, UP)
  ROW (409, JSON, "{\"message\":\"changed\"}", UPDATE, DOCUMENT, STALE, UP)
  ROW (409, HTML, "<html></html>", UPDATE, DOCUMENT, ASK, NO_NEWS)
  ROW (400, JSON, "{\"message\":\"Document has been modified\"}", UPDATE, DOCUMENT, STALE, UP)
  ROW (417, JSON, "{\"exc_type\":\"ValidationError\",\"message\":\"Document has been modified\"}", UPDATE, DOCUMENT, REFUSED, UP)
  ROW (400, JSON, "{\"message\":\"no\"}", UPDATE, DOCUMENT, REFUSED, UP)
  ROW (413, NULL, "", CREATE, DOCUMENT, REFUSED, NO_NEWS)
  ROW (417, JSON, "{}", CREATE, DOCUMENT, ASK, NO_NEWS)
  ROW (417, JSON, "{\"exc_type\":\"UniqueVal", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (451, JSON, EXC ("Odd"), CREATE, DOCUMENT, REFUSED, UP)
  ROW (200, HTML, "<!DOCTYPE html><title>Login</title>", CREATE, DOCUMENT, UNKNOWN, NOT_OURS)
  ROW (200, JSON, "<!DOCTYPE html><title>Login</title>", CREATE, DOCUMENT, UNKNOWN, NOT_OURS)
  ROW (200, HTML, "{\"data\":{\"name\":\"X\"}}", CREATE, DOCUMENT, UNKNOWN, NOT_OURS)
  ROW (200, JSON, "{\"data\":{\"name\":\"X\"", CREATE, DOCUMENT, UNKNOWN, SUSPECT)
  ROW (200, "APPLICATION/JSON; charset=utf-8", "{\"data\":{\"name\":\"X\"}}", CREATE, DOCUMENT, DELIVERED, UP)
  ROW (200, JSON, "{\"data\":{\"name\":7}}", CREATE, DOCUMENT, DELIVERED, UP)
  ROW (200, JSON, "{\"data\":{\"name\":null}}", CREATE, DOCUMENT, UNPROVEN, UP)
  ROW (200, JSON, "{\"data\":{\"name\":\"\"}}", CREATE, DOCUMENT, UNPROVEN, UP)
  ROW (200, JSON, "{\"data\":[]}", CREATE, DOCUMENT, UNPROVEN, UP)
  ROW (200, JSON, "{\"portal\":true}", CREATE, DOCUMENT, UNKNOWN, NOT_OURS)
  ROW (200, JSON, "{\"portal\":true}", CALL, EMPTY, UNKNOWN, NOT_OURS)
  ROW (200, JSON, "{\"portal\":true}", DELETE, DELETED, UNKNOWN, NOT_OURS)
  ROW (200, JSON, "[]", CALL, EMPTY, UNKNOWN, NOT_OURS)
  ROW (200, JSON, "{}", CALL, EMPTY, DELIVERED, UP)
  ROW (200, JSON, "{\"message\":null,\"_server_messages\":\"[]\"}", CALL, EMPTY, DELIVERED, UP)
  ROW (200, JSON, "{}", CALL, MESSAGE, UNKNOWN, NOT_OURS)
  ROW (202, JSON, "{}", DELETE, DELETED, DELIVERED, UP)
  ROW (202, JSON, "{\"message\":\"ok\"}", DELETE, DELETED, DELIVERED, UP)
  ROW (202, JSON, "{\"message\":\"later\"}", DELETE, DELETED, UNPROVEN, UP)
  ROW (200, JSON, "{\"message\":{\"name\":\"X\",\"docstatus\":0}}", CREATE, SUBMITTED, UNPROVEN, UP)
  ROW (200, JSON, "{\"message\":{\"new_payments_entry\":[{\"name\":\"P\"}],\"errors\":[]}}", CALL, NO_ERRORS, DELIVERED, UP)
  ROW (200, JSON, "{\"message\":{\"new_payments_entry\":[{\"name\":\"P\"}],\"errors\":[\"Card\"]}}", CALL, NO_ERRORS, UNPROVEN, UP)
  ROW (200, JSON, "{\"exc_type\":\"ValidationError\",\"data\":{\"name\":\"X\"}}", CREATE, DOCUMENT, UNPROVEN, UP)
  ROW (204, NULL, "", DELETE, DELETED, UNKNOWN, NOT_OURS)
  ROW (304, NULL, "", UPDATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (302, HTML, "", CREATE, DOCUMENT, NOT_DONE, NOT_OURS)
  ROW (307, NULL, "", CREATE, DOCUMENT, NOT_DONE, NOT_OURS)
  ROW (303, HTML, "", CREATE, DOCUMENT, UNKNOWN, NOT_OURS)
  ROW (303, NULL, "", DELETE, DELETED, UNKNOWN, NOT_OURS)
  ROW (100, NULL, "", CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (0, NULL, "", CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
  ROW (777, JSON, EXC ("ValidationError"), CREATE, DOCUMENT, UNKNOWN, NO_NEWS)
/* clang-format on */
#undef ROW
};

static const struct
{
  SyncTransportResult transport;
  gboolean bytes_written;
  SyncVerdict verdict;
  SyncHostNews host;
} unanswered[] = {
  { SYNC_TRANSPORT_RESOLVE, FALSE, SYNC_VERDICT_NOT_DONE, SYNC_HOST_DOWN },
  { SYNC_TRANSPORT_CONNECT, FALSE, SYNC_VERDICT_NOT_DONE, SYNC_HOST_DOWN },
  { SYNC_TRANSPORT_TLS, FALSE, SYNC_VERDICT_NOT_DONE, SYNC_HOST_DOWN },
  { SYNC_TRANSPORT_TIMEOUT, FALSE, SYNC_VERDICT_NOT_DONE, SYNC_HOST_DOWN },
  { SYNC_TRANSPORT_CLOSED, FALSE, SYNC_VERDICT_NOT_DONE, SYNC_HOST_DOWN },
  { SYNC_TRANSPORT_OTHER, FALSE, SYNC_VERDICT_NOT_DONE, SYNC_HOST_DOWN },
  { SYNC_TRANSPORT_CANCELLED, FALSE, SYNC_VERDICT_NOT_DONE, SYNC_HOST_NO_NEWS },
  { SYNC_TRANSPORT_CANCELLED, TRUE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_NO_NEWS },
  { SYNC_TRANSPORT_TIMEOUT, TRUE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_SUSPECT },
  { SYNC_TRANSPORT_CLOSED, TRUE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_SUSPECT },
  { SYNC_TRANSPORT_TLS, TRUE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_SUSPECT },
  { SYNC_TRANSPORT_CONNECT, TRUE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_SUSPECT },
  { SYNC_TRANSPORT_OTHER, TRUE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_SUSPECT },
};

static SyncAnswer *
read_recording (const Recording *recording, SyncProof proof)
{
  return sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, recording->status, recording->type,
                                     recording->retry_after, recording->date, recording->reset,
                                     recording->answer, proof, "posa_client_request_id");
}

static guint
check (const char *what, const SyncAnswer *answer, SyncAction action, SyncVerdict verdict,
       SyncHostNews host)
{
  SyncOutcome outcome = sync_outcome_classify (answer, action);

  if (outcome.verdict == verdict && outcome.host == host)
    return 0;
  g_test_message ("%s (%u %s): %s, %s instead of %s, %s", what, answer->status, answer->exc_type,
                  sync_verdict_to_string (outcome.verdict), sync_host_news_to_string (outcome.host),
                  sync_verdict_to_string (verdict), sync_host_news_to_string (host));
  return 1;
}

static void
test_recorded (void)
{
  guint wrong = 0;

  g_assert_cmpuint (G_N_ELEMENTS (recorded), >=, 150);
  for (guint i = 0; i < G_N_ELEMENTS (recorded); i++)
    {
      g_autoptr (Recording) recording = recording_load (recorded[i].file);
      g_autoptr (SyncAnswer) answer = read_recording (recording, recorded[i].proof);

      wrong += check (recorded[i].file, answer, recorded[i].action, recorded[i].verdict, recorded[i].host);
    }
  g_assert_cmpuint (wrong, ==, 0);
}

/* Every pair of status and exc_type that was ever recorded stands in the table. */
static void
test_complete (void)
{
  g_autoptr (GPtrArray) names = recording_list ();
  g_autoptr (GHashTable) pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (recorded); i++)
    {
      g_autoptr (Recording) recording = recording_load (recorded[i].file);
      g_autoptr (SyncAnswer) answer = read_recording (recording, recorded[i].proof);

      g_hash_table_add (pairs, g_strdup_printf ("%u %s", answer->status, answer->exc_type));
    }
  g_assert_cmpuint (names->len, ==, 438);
  for (guint i = 0; i < names->len; i++)
    {
      g_autoptr (Recording) recording = recording_load (g_ptr_array_index (names, i));
      g_autoptr (SyncAnswer) answer = read_recording (recording, SYNC_PROOF_MESSAGE);
      g_autofree char *pair = g_strdup_printf ("%u %s", answer->status, answer->exc_type);

      g_test_message ("%s: %s", (const char *) g_ptr_array_index (names, i), pair);
      g_assert_true (!recording->answered || g_hash_table_contains (pairs, pair));
    }
}

static void
test_made (void)
{
  guint wrong = 0;

  for (guint i = 0; i < G_N_ELEMENTS (made); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static (made[i].body, strlen (made[i].body));
      g_autoptr (SyncAnswer) answer
          = sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, made[i].status, made[i].type, NULL, NULL,
                                        NULL, body, made[i].proof, NULL);

      wrong += check (made[i].body, answer, made[i].action, made[i].verdict, made[i].host);
    }
  g_assert_cmpuint (wrong, ==, 0);
}

static void
test_unanswered (void)
{
  guint wrong = 0;

  for (guint i = 0; i < G_N_ELEMENTS (unanswered); i++)
    for (SyncAction action = SYNC_ACTION_CREATE; action <= SYNC_ACTION_CALL; action++)
      {
        g_autoptr (SyncAnswer) answer
            = sync_answer_new_from_reply (unanswered[i].transport, unanswered[i].bytes_written, 0, NULL,
                                          NULL, NULL, NULL, NULL, SYNC_PROOF_DOCUMENT, NULL);

        wrong += check (sync_transport_result_to_string (unanswered[i].transport), answer, action,
                        unanswered[i].verdict, unanswered[i].host);
      }
  g_assert_cmpuint (wrong, ==, 0);
}

/* Whatever comes: nothing that is not proven is delivered, and after a 5xx nothing is thought undone that
 * may be. */
static void
test_safe (void)
{
  static const char *const types[] = { NULL, "ValidationError", "Unheard", "OperationalError" };

  for (guint status = 0; status < 700; status++)
    for (guint i = 0; i < G_N_ELEMENTS (types); i++)
      for (SyncShape shape = SYNC_SHAPE_NONE; shape <= SYNC_SHAPE_OTHER; shape++)
        for (SyncAction action = SYNC_ACTION_CREATE; action <= SYNC_ACTION_CALL; action++)
          {
            SyncAnswer answer = { .transport = SYNC_TRANSPORT_OK,
                                  .bytes_written = TRUE,
                                  .status = status,
                                  .exc_type = (char *) types[i],
                                  .shape = shape };
            SyncOutcome outcome = sync_outcome_classify (&answer, action);

            g_assert_cmpint (outcome.verdict, !=, SYNC_VERDICT_DELIVERED);
            if (status >= 500 && types[i] == NULL)
              g_assert_cmpint (outcome.verdict, ==, SYNC_VERDICT_UNKNOWN);
            if (types[i] == NULL && (status == 303 || status == 401 || status == 407 || status == 423 || status == 425))
              g_assert_cmpint (outcome.verdict, ==, SYNC_VERDICT_UNKNOWN);
            if (status >= 200 && status < 300)
              g_assert_true (outcome.verdict == SYNC_VERDICT_UNKNOWN
                             || outcome.verdict == SYNC_VERDICT_UNPROVEN);
          }
}

static void
test_document (void)
{
  g_autoptr (Recording) created = recording_load ("322-si-with-posa-client-request-id");
  g_autoptr (Recording) submitted = recording_load ("620-posa-submit_invoice_outbox_entry");
  g_autoptr (Recording) limited = recording_load ("574-rate-limited-429");
  g_autoptr (SyncAnswer) draft = read_recording (created, SYNC_PROOF_DOCUMENT);
  g_autoptr (SyncAnswer) sale = read_recording (submitted, SYNC_PROOF_SUBMITTED);
  g_autoptr (SyncAnswer) wait = read_recording (limited, SYNC_PROOF_DOCUMENT);

  g_assert_cmpstr (draft->server_name, ==, "ACC-SINV-2026-00005");
  g_assert_cmpint (draft->docstatus, ==, 0);
  g_assert_nonnull (draft->server_modified);
  g_assert_cmpuint (strlen (draft->server_modified), ==, strlen ("2026-11-22 17:29:05.768348"));
  g_assert_nonnull (draft->echoed_key);
  g_assert_cmpstr (sale->server_name, ==, "ACC-SINV-2026-00057");
  g_assert_cmpint (sale->docstatus, ==, 1);
  g_assert_cmpstr (sale->echoed_key, ==, "1dde182f-1d8b-490f-bcf3-7d7056e0353f");
  g_assert_cmpint (wait->retry_after_ms, ==, 9000);
}

static void
test_retry_after (void)
{
  static const char date[] = "Sun, 22 Nov 2026 11:59:05 GMT";
  static const struct
  {
    const char *retry_after;
    gint64 expected;
  } rows[] = {
    { NULL, -1 },
    { "", -1 },
    { "0", 0 },
    { "120", 120000 },
    { " 7 ", 7000 },
    { "-5", -1 },
    { "1.5", -1 },
    { "soon", -1 },
    { "86401", 86400000 },
    { "99999999999999999999999", 86400000 },
    { "Sun, 22 Nov 2026 11:59:35 GMT", 30000 },
    { "Sunday, 22-Nov-26 12:00:05 GMT", 60000 },
    { "Sun Nov 22 12:00:05 2026", 60000 },
    { "Sun, 22 Nov 2026 11:00:00 GMT", 0 },
    { "Sun, 22 Nov 2027 11:00:00 GMT", 86400000 },
    { "Sun, 31 Feb 2026 11:00:00 GMT", -1 },
    { "Sun, 22 Xyz 2026 11:00:00 GMT", -1 },
  };
  g_autoptr (SyncAnswer) by_reset = sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, 429, NULL, NULL,
                                                                date, "12", NULL, SYNC_PROOF_EMPTY, NULL);
  g_autoptr (SyncAnswer) unasked = sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, 404, NULL, NULL,
                                                               date, "12", NULL, SYNC_PROOF_EMPTY, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].retry_after);
      g_assert_cmpint (sync_outcome_parse_retry_after_ms (rows[i].retry_after, date), ==, rows[i].expected);
    }
  g_assert_cmpint (sync_outcome_parse_retry_after_ms ("Sun, 22 Nov 2026 11:59:35 GMT", NULL), ==, -1);
  g_assert_cmpint (sync_outcome_parse_retry_after_ms ("5", NULL), ==, 5000);
  g_assert_cmpint (by_reset->retry_after_ms, ==, 12000);
  g_assert_cmpint (unasked->retry_after_ms, ==, -1);
}

/* A proxy in front of the server asks to wait: the host waits, and the request is no clearer than before. */
static void
test_retry_after_of_proxy (void)
{
  g_autoptr (GBytes) page = g_bytes_new_static ("<html></html>", 13);
  g_autoptr (SyncAnswer) answer = sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, 503, HTML, "7", NULL, NULL, page,
                                                              SYNC_PROOF_DOCUMENT, NULL);

  g_assert_cmpuint (check ("503", answer, SYNC_ACTION_CREATE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_THROTTLED), ==, 0);
  g_assert_cmpint (answer->retry_after_ms, ==, 7000);
}

static SyncAnswer *
read_made (const char *json, SyncProof proof, const char *key_field)
{
  g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));

  return sync_answer_new_from_reply (SYNC_TRANSPORT_OK, TRUE, 200, "application/json", NULL, NULL, NULL, body, proof,
                                     key_field);
}

/* Which document an answer is about: the server compares names without case, accents and blanks at the end, shows the
 * document around a row, and calls a Single by its DocType. */
static void
test_another_document (void)
{
  static const struct
  {
    const char *json;
    const char *type;
    const char *name;
    gboolean is_another;
  } rows[] = {
    { "{\"data\":{\"name\":\"A\"}}", "Note", "A", FALSE },
    { "{\"data\":{\"name\":\"B\"}}", "Note", "A", TRUE },
    { "{\"message\":{\"name\":\"B\"}}", "Note", "A", TRUE },
    { "{\"data\":{\"doctype\":\"Note\",\"name\":\"CAF\u00c9\"}}", "note", "cafe ", FALSE },
    { "{\"data\":{\"doctype\":\"ToDo\",\"name\":\"A\"}}", "Note", "A", TRUE },
    { "{\"data\":{\"name\":12}}", "Note", "12", FALSE },
    { "{\"data\":{\"name\":13}}", "Note", "12", TRUE },
    { "{\"data\":{\"docstatus\":1}}", "Note", "A", FALSE },
    { "{\"data\":{\"doctype\":\"POS Settings\",\"name\":\"POS Settings\"}}", "POS Settings", "x", FALSE },
    { "{\"message\":{\"doctype\":\"Sales Order\",\"name\":\"SO-1\",\"items\":[{\"doctype\":\"Sales Order "
      "Item\",\"name\":\"r1\"}]}}",
      "Sales Order Item", "r1", FALSE },
    { "{\"message\":{\"doctype\":\"Sales Order\",\"name\":\"SO-1\",\"items\":[{\"doctype\":\"Sales Order "
      "Item\",\"name\":\"r2\"}]}}",
      "Sales Order Item", "r1", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new (rows[i].json, strlen (rows[i].json));
      g_autoptr (SyncAnswer) answer = read_made (rows[i].json, SYNC_PROOF_MESSAGE, NULL);

      sync_answer_expect_document (answer, body, rows[i].type, rows[i].name);
      g_test_message ("%s", rows[i].json);
      g_assert_cmpint (answer->of_another, ==, rows[i].is_another);
      g_assert_cmpuint (check (rows[i].json, answer, SYNC_ACTION_UPDATE,
                               rows[i].is_another ? SYNC_VERDICT_UNKNOWN : SYNC_VERDICT_DELIVERED,
                               rows[i].is_another ? SYNC_HOST_NO_NEWS : SYNC_HOST_UP),
                        ==, 0);
    }
}

/* Whose key an answer shows. */
static void
test_another_key (void)
{
  static const struct
  {
    const char *json;
    const char *key;
    gboolean is_another;
  } rows[] = {
    { "{\"data\":{\"name\":\"A\",\"sync_client_id\":\"k\"}}", "k", FALSE },
    { "{\"data\":{\"name\":\"A\",\"sync_client_id\":\"K \"}}", "k", FALSE },
    { "{\"data\":{\"name\":\"A\",\"sync_client_id\":\"other\"}}", "k", TRUE },
    { "{\"data\":{\"name\":\"A\"}}", "k", FALSE },
    /* A field of the shop's own. */
    { "{\"data\":{\"name\":\"A\",\"offline_id\":\"other\"}}", "k", FALSE },
    /* The server cleans what looks like HTML. */
    { "{\"data\":{\"name\":\"A\",\"sync_client_id\":\"k\"}}", "k<b>", FALSE },
  };
  SyncRoute route = { .action = SYNC_ACTION_CREATE, .key_field = (char *) "sync_client_id", .key_path = (char *) "data/sync_client_id" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (SyncAnswer) answer = read_made (rows[i].json, SYNC_PROOF_DOCUMENT, route.key_field);

      sync_answer_expect_key (answer, &route, rows[i].key, NULL);
      g_test_message ("%s", rows[i].json);
      g_assert_cmpint (answer->of_another, ==, rows[i].is_another);
      g_assert_cmpint (answer->proof_met, ==, !rows[i].is_another);
    }
}

/* POS Awesome shows the key of a sale in a field of its own. */
static void
test_key_of_sale (void)
{
  static const struct
  {
    const char *key;
    const char *body;
    gboolean is_another;
  } rows[] = {
    { "inv-1", "", FALSE },
    { "inv-2", "", TRUE },
    /* The caller had given it another one as well. */
    { "inv-2", "{\"data\":\"{\\\"client_request_id\\\":\\\"inv-1\\\"}\"}", FALSE },
  };
  const char *json = "{\"message\":{\"name\":\"A\",\"docstatus\":1,\"client_request_id\":\"inv-1\"}}";
  SyncRoute route = { .action = SYNC_ACTION_CREATE, .proof = SYNC_PROOF_SUBMITTED, .echoes_key = TRUE,
                      .key_field = (char *) "posa_client_request_id", .key_path = (char *) "invoice/posa_client_request_id" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (SyncAnswer) answer = read_made (json, SYNC_PROOF_SUBMITTED, route.key_field);
      g_autoptr (GBytes) body = g_bytes_new (rows[i].body, strlen (rows[i].body));

      sync_answer_expect_key (answer, &route, rows[i].key, body);
      g_assert_cmpint (answer->of_another, ==, rows[i].is_another);
      g_assert_cmpint (answer->proof_met, ==, !rows[i].is_another);
    }
}

/* A create is answered by a document of its DocType, a change by another version than the one that was sent. */
static void
test_another_type_or_version (void)
{
  g_autoptr (SyncAnswer) same = read_made ("{\"data\":{\"name\":\"A\",\"doctype\":\"Note\"}}", SYNC_PROOF_DOCUMENT, NULL);
  g_autoptr (SyncAnswer) other = read_made ("{\"data\":{\"name\":\"A\",\"doctype\":\"Item\"}}", SYNC_PROOF_DOCUMENT, NULL);
  g_autoptr (SyncAnswer) old = read_made ("{\"data\":{\"name\":\"A\",\"modified\":\"1\"}}", SYNC_PROOF_DOCUMENT, NULL);
  g_autoptr (SyncAnswer) new = read_made ("{\"data\":{\"name\":\"A\",\"modified\":\"2\"}}", SYNC_PROOF_DOCUMENT, NULL);

  sync_answer_expect_made (same, "Note");
  sync_answer_expect_made (other, "Note");
  sync_answer_expect_newer (old, "1");
  sync_answer_expect_newer (new, "1");
  g_assert_false (same->of_another);
  g_assert_true (other->of_another);
  g_assert_true (old->of_another);
  g_assert_false (new->of_another);
  g_assert_cmpint (check ("old", old, SYNC_ACTION_UPDATE, SYNC_VERDICT_UNKNOWN, SYNC_HOST_NO_NEWS), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sync/outcome/recorded", test_recorded);
  g_test_add_func ("/sync/outcome/every-recorded-pair", test_complete);
  g_test_add_func ("/sync/outcome/made-up", test_made);
  g_test_add_func ("/sync/outcome/unanswered", test_unanswered);
  g_test_add_func ("/sync/outcome/never-too-sure", test_safe);
  g_test_add_func ("/sync/answer/document", test_document);
  g_test_add_func ("/sync/answer/another-document", test_another_document);
  g_test_add_func ("/sync/answer/another-key", test_another_key);
  g_test_add_func ("/sync/answer/key-of-sale", test_key_of_sale);
  g_test_add_func ("/sync/answer/another-type-or-version", test_another_type_or_version);
  g_test_add_func ("/sync/answer/retry-after", test_retry_after);
  g_test_add_func ("/sync/answer/retry-after-of-proxy", test_retry_after_of_proxy);
  return g_test_run ();
}
