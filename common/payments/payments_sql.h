#ifndef PAYMENTS_PAYMENTS_SQL_H
#define PAYMENTS_PAYMENTS_SQL_H
#include "payments/payments.h"

enum err attempt_insert(struct db *db, const struct attempt *a);
enum err attempt_get(struct db *db, struct tenant_id tenant, const struct attempt_id *id,
                     struct attempt *out);
enum err attempt_lock(struct db *db, struct tenant_id tenant, const struct attempt_id *id,
                      struct attempt *out);
/* By their reference or, while that is unknown, by ours. */
enum err attempt_by_transaction(struct db *db, struct tenant_id tenant, const char *provider,
                                const char *transaction_id, struct attempt *out);
enum err attempts_open_count(struct db *db, struct tenant_id tenant, const struct order_id *order,
                             int64_t *out);

/* Guarded moves out of the open states; db_changed() says whether it happened. E_DUPLICATE from
 * attempt_set_waiting(): their reference belongs to another attempt. */
enum err attempt_set_waiting(struct db *db, const struct attempt *a, const struct news *news,
                             struct utc next_ask_at);
enum err attempt_set_unknown(struct db *db, const struct attempt *a, const char *code,
                             struct utc next_ask_at);
enum err attempt_set_over(struct db *db, const struct attempt *a, enum attempt_state state,
                          const char *code, const char *text, struct utc now);
enum err attempt_set_flag(struct db *db, const struct attempt *a, const char *flag,
                          const char *code);
/* From any state but succeeded. */
enum err attempt_set_paid(struct db *db, const struct attempt *a, const char *provider_ref,
                          struct utc now);
enum err attempt_set_effect(struct db *db, const struct attempt *a, bool pays, const char *flag);

enum err attempt_event_insert(struct db *db, const struct attempt *a, struct utc at,
                              enum news_source source, enum heard heard, const char *effect,
                              const char *code);
enum err ledger_insert_capture(struct db *db, const struct attempt *a, struct utc at);

#endif
