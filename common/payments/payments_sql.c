#include "payments/payments_sql.h"

#include "base/text.h"

static const struct field attempt_row[] = {
    {"tenant_id",      FIELD(struct attempt, tenant_id),      REQUIRED                  },
    {"id",             FIELD(struct attempt, id),             REQUIRED                  },
    {"purpose",        FIELD(struct attempt, purpose),        REQUIRED                  },
    {"order_id",       FIELD(struct attempt, order_id),       OPTIONAL                  },
    {"payment_number", FIELD(struct attempt, payment_number), REQUIRED                  },
    {"provider",       FIELD(struct attempt, provider),       REQUIRED                  },
    {"driver",         FIELD(struct attempt, driver),         REQUIRED                  },
    {"integration_id", FIELD(struct attempt, integration_id), REQUIRED                  },
    {"credential_id",  FIELD(struct attempt, credential_id),  REQUIRED                  },
    {"mode",           FIELD(struct attempt, mode),           NAMES(pay_mode_names)     },
    {"endpoint",       FIELD(struct attempt, endpoint),       REQUIRED                  },
    {"reference",      FIELD(struct attempt, reference),      REQUIRED                  },
    {"provider_ref",   FIELD(struct attempt, provider_ref),   OPTIONAL                  },
    {"amount",         FIELD(struct attempt, amount),         REQUIRED                  },
    {"currency",       FIELD(struct attempt, currency),       REQUIRED                  },
    {"state",          FIELD(struct attempt, state),          NAMES(attempt_state_names)},
    {"pays",           FIELD(struct attempt, pays),           OPTIONAL                  },
    {"error_code",     FIELD(struct attempt, error_code),     OPTIONAL                  },
    {"error_text",     FIELD(struct attempt, error_text),     OPTIONAL                  },
    {"payment_url",    FIELD(struct attempt, payment_url),    OPTIONAL                  },
    {"flag",           FIELD(struct attempt, flag),           OPTIONAL                  },
    {"created_at",     FIELD(struct attempt, created_at),     REQUIRED                  },
    {"settled_at",     FIELD(struct attempt, settled_at),     OPTIONAL                  },
    {"paid_at",        FIELD(struct attempt, paid_at),        OPTIONAL                  },
    {"next_ask_at",    FIELD(struct attempt, next_ask_at),    OPTIONAL                  },
    {"asks",           FIELD(struct attempt, asks),           REQUIRED                  },
};
#define SELECT_ATTEMPT                                                                 \
    "SELECT tenant_id, id, purpose, order_id, payment_number, provider, driver,"       \
    " integration_id, credential_id, mode, endpoint, reference, provider_ref, amount," \
    " currency, state, pays, error_code, error_text, payment_url, flag, created_at,"   \
    " settled_at, paid_at, next_ask_at, asks FROM attempts"
#define OPEN_STATES  "state IN ('sending', 'waiting', 'unknown')"
#define THIS_ATTEMPT " WHERE tenant_id = ? AND id = ?"

struct count {
    int64_t n;
};
static const struct field count_row[] = {
    {"n", FIELD(struct count, n), REQUIRED},
};

SQL_ROWS(sql_attempt_get, struct attempt, attempt_row, SELECT_ATTEMPT THIS_ATTEMPT);
SQL_ROWS(sql_attempt_lock, struct attempt, attempt_row, SELECT_ATTEMPT THIS_ATTEMPT " FOR UPDATE");
SQL_ROWS(sql_attempt_by_id, struct attempt, attempt_row, SELECT_ATTEMPT " WHERE id = ?");
SQL_ROWS(sql_attempt_by_provider_ref, struct attempt, attempt_row,
         SELECT_ATTEMPT " WHERE tenant_id = ? AND provider = ? AND provider_ref = ?");
SQL_ROWS(sql_attempt_by_reference, struct attempt, attempt_row,
         SELECT_ATTEMPT " WHERE reference = ? AND tenant_id = ?");
SQL_ROWS(sql_attempts_of_order, struct attempt, attempt_row,
         SELECT_ATTEMPT
         " WHERE tenant_id = ? AND order_id = ? ORDER BY created_at DESC, id DESC LIMIT 200");
SQL_ROWS(
    sql_attempts_open_count, struct count, count_row,
    "SELECT COUNT(*) AS n FROM attempts WHERE tenant_id = ? AND order_id = ? AND " OPEN_STATES);
SQL_ROWS(sql_attempts_due, struct attempt, attempt_row,
         SELECT_ATTEMPT " WHERE next_ask_at <= ? ORDER BY next_ask_at LIMIT ?");
SQL_ROWS(sql_attempts_flagged, struct attempt, attempt_row,
         SELECT_ATTEMPT " WHERE flag IS NOT NULL ORDER BY flag, created_at LIMIT ?");

SQL_EXEC(sql_attempt_insert,
         "INSERT INTO attempts (tenant_id, id, purpose, order_id, payment_number, provider,"
         " driver, integration_id, credential_id, mode, endpoint, reference, amount, currency,"
         " state, created_at, next_ask_at)"
         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'sending', ?, ?)");
SQL_EXEC(sql_attempt_set_waiting,
         "UPDATE attempts SET state = 'waiting', provider_ref = COALESCE(provider_ref, ?),"
         " payment_url = COALESCE(payment_url, ?), next_ask_at = ?" THIS_ATTEMPT
         " AND " OPEN_STATES);
SQL_EXEC(sql_attempt_set_unknown,
         "UPDATE attempts SET state = IF(state = 'waiting', 'waiting', 'unknown'),"
         " error_code = ?, next_ask_at = ?" THIS_ATTEMPT " AND " OPEN_STATES);
SQL_EXEC(sql_attempt_set_over,
         "UPDATE attempts SET state = ?, error_code = ?, error_text = ?, settled_at = ?,"
         " next_ask_at = NULL" THIS_ATTEMPT " AND " OPEN_STATES);
SQL_EXEC(sql_attempt_set_flag,
         "UPDATE attempts SET flag = ?, error_code = ?, next_ask_at = NULL" THIS_ATTEMPT);
SQL_EXEC(sql_attempt_set_paid,
         "UPDATE attempts SET state = 'succeeded', provider_ref = COALESCE(provider_ref, ?),"
         " error_code = NULL, error_text = NULL, paid_at = ?, settled_at = ?,"
         " next_ask_at = NULL" THIS_ATTEMPT " AND state <> 'succeeded'");
SQL_EXEC(sql_attempt_set_effect,
         "UPDATE attempts SET pays = IF(?, 1, NULL), flag = ?" THIS_ATTEMPT);
/* By its key: over the index on next_ask_at the locks would be taken crosswise to a settling one. */
SQL_EXEC(sql_attempt_claim,
         "UPDATE attempts FORCE INDEX (PRIMARY) SET asks = asks + 1, next_ask_at = ?" THIS_ATTEMPT
         " AND next_ask_at = ?");
SQL_EXEC(sql_attempt_event_insert,
         "INSERT INTO attempt_events (tenant_id, attempt_id, at, source, outcome, effect, code)"
         " VALUES (?, ?, ?, ?, ?, ?, ?)");
SQL_EXEC(sql_ledger_capture,
         "INSERT INTO ledger (tenant_id, attempt_id, kind, cause, provider, mode, amount,"
         " currency, at) VALUES (?, ?, 'capture', ?, ?, ?, ?, ?, ?)");

#define THIS(a) P(&(a)->tenant_id), P(&(a)->id)

static enum err no_payment(enum err e)
{
    return e == E_NOT_FOUND ? E_NO_PAYMENT : e;
}

enum err attempt_get(struct db *db, struct tenant_id tenant, const struct attempt_id *id,
                     struct attempt *out)
{
    return no_payment(db_one(db, out, sql_attempt_get, P(&tenant), P(id)));
}

enum err attempt_lock(struct db *db, struct tenant_id tenant, const struct attempt_id *id,
                      struct attempt *out)
{
    return no_payment(db_one(db, out, sql_attempt_lock, P(&tenant), P(id)));
}

enum err attempt_by_id(struct db *db, const struct attempt_id *id, struct attempt *out)
{
    return no_payment(db_one(db, out, sql_attempt_by_id, P(id)));
}

enum err attempt_by_transaction(struct db *db, struct tenant_id tenant, const char *provider,
                                const char *transaction_id, struct attempt *out)
{
    if (!text_is_code(transaction_id, 255))
        return E_NO_PAYMENT;
    enum err e =
        db_one(db, out, sql_attempt_by_provider_ref, P(&tenant), P(provider), P(transaction_id));
    if (e == E_NOT_FOUND)
        e = db_one(db, out, sql_attempt_by_reference, P(transaction_id), P(&tenant));
    return no_payment(e);
}

enum err attempts_of_order(struct db *db, struct tenant_id tenant, const struct order_id *order,
                           struct attempt **out, size_t *n)
{
    return db_all(db, out, n, sql_attempts_of_order, P(&tenant), P(order));
}

enum err attempts_open_count(struct db *db, struct tenant_id tenant, const struct order_id *order,
                             int64_t *out)
{
    struct count c = {0};
    TRY(db_one(db, &c, sql_attempts_open_count, P(&tenant), P(order)));
    *out = c.n;
    return OK;
}

enum err attempts_due(struct db *db, struct utc now, int64_t limit, struct attempt **out, size_t *n)
{
    return db_all(db, out, n, sql_attempts_due, P(now), P(limit));
}

enum err attempts_flagged(struct db *db, int64_t limit, struct attempt **out, size_t *n)
{
    return db_all(db, out, n, sql_attempts_flagged, P(limit));
}

enum err attempt_insert(struct db *db, const struct attempt *a)
{
    return db_exec(db, sql_attempt_insert, THIS(a), P(a->purpose), P(&a->order_id),
                   P(a->payment_number), P(a->provider), P(a->driver), P(&a->integration_id),
                   P(&a->credential_id), P(pay_mode_names[a->mode]), P(a->endpoint),
                   P(a->reference), P(a->amount), P(a->currency), P(a->created_at),
                   P(a->next_ask_at));
}

enum err attempt_set_waiting(struct db *db, const struct attempt *a, const struct news *news,
                             struct utc next_ask_at)
{
    return db_exec(db, sql_attempt_set_waiting, P(news->provider_ref), P(news->payment_url),
                   P(next_ask_at), THIS(a));
}

enum err attempt_set_unknown(struct db *db, const struct attempt *a, const char *code,
                             struct utc next_ask_at)
{
    return db_exec(db, sql_attempt_set_unknown, P(code), P(next_ask_at), THIS(a));
}

enum err attempt_set_over(struct db *db, const struct attempt *a, enum attempt_state state,
                          const char *code, const char *text, struct utc now)
{
    return db_exec(db, sql_attempt_set_over, P(attempt_state_names[state]), P(code), P(text),
                   P(now), THIS(a));
}

enum err attempt_set_flag(struct db *db, const struct attempt *a, const char *flag,
                          const char *code)
{
    return db_exec(db, sql_attempt_set_flag, P(flag), P(code), THIS(a));
}

enum err attempt_set_paid(struct db *db, const struct attempt *a, const char *provider_ref,
                          struct utc now)
{
    return db_exec(db, sql_attempt_set_paid, P(provider_ref), P(now), P(now), THIS(a));
}

enum err attempt_set_effect(struct db *db, const struct attempt *a, bool pays, const char *flag)
{
    return db_exec(db, sql_attempt_set_effect, P(pays), P(flag), THIS(a));
}

enum err attempt_claim(struct db *db, const struct attempt *a, struct utc until, bool *got)
{
    TRY(db_exec(db, sql_attempt_claim, P(until), THIS(a), P(a->next_ask_at)));
    *got = db_changed(db) == 1;
    return OK;
}

enum err attempt_event_insert(struct db *db, const struct attempt *a, struct utc at,
                              enum news_source source, enum heard heard, const char *effect,
                              const char *code)
{
    return db_exec(db, sql_attempt_event_insert, THIS(a), P(at), P(news_source_names[source]),
                   P(heard_names[heard]), P(effect), P(code));
}

enum err ledger_insert_capture(struct db *db, const struct attempt *a, struct utc at)
{
    return db_exec(db, sql_ledger_capture, THIS(a), P(a->reference), P(a->provider),
                   P(pay_mode_names[a->mode]), P(a->amount), P(a->currency), P(at));
}
