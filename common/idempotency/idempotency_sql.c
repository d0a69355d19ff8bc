#include "idempotency/idempotency_sql.h"

static const struct field idem_row[] = {
    {"request_hash", FIELD(struct idem_record, request_hash), REQUIRED},
    {"http_status",  FIELD(struct idem_record, http_status),  OPTIONAL},
    {"answer",       FIELD(struct idem_record, answer),       OPTIONAL},
    {"lease_until",  FIELD(struct idem_record, lease_until),  REQUIRED},
};
#define THIS_KEY  " WHERE tenant_id = ? AND owner = ? AND idem_key = ?"
#define OUR_LEASE THIS_KEY " AND state = 'running' AND lease_until = ?"

SQL_EXEC(sql_idem_insert,
         "INSERT INTO idempotency_keys (tenant_id, owner, idem_key, request_hash, state,"
         " lease_until, created_at) VALUES (?, ?, ?, ?, 'running', ?, ?)");
SQL_ROWS(sql_idem_select, struct idem_record, idem_row,
         "SELECT request_hash, http_status, answer, lease_until FROM idempotency_keys" THIS_KEY);
SQL_EXEC(sql_idem_take_over, "UPDATE idempotency_keys SET lease_until = ?" THIS_KEY
                             " AND state = 'running' AND lease_until = ?");
SQL_EXEC(sql_idem_done,
         "UPDATE idempotency_keys SET state = 'done', http_status = ?, answer = ?" OUR_LEASE);
SQL_EXEC(sql_idem_forget, "DELETE FROM idempotency_keys" OUR_LEASE);

#define KEY_PARAMS(k) P(&(k)->tenant), P_BYTES((k)->owner, SHA256_SIZE), P((k)->text)

enum err idem_insert(struct db *db, const struct idem_key *k, struct utc now, struct utc lease)
{
    return db_exec(db, sql_idem_insert, KEY_PARAMS(k), P_BYTES(k->request_hash, SHA256_SIZE),
                   P(lease), P(now));
}

enum err idem_select(struct db *db, const struct idem_key *k, struct idem_record *out)
{
    return db_one(db, out, sql_idem_select, KEY_PARAMS(k));
}

enum err idem_take_over(struct db *db, const struct idem_key *k, struct utc old_lease,
                        struct utc new_lease)
{
    return db_exec(db, sql_idem_take_over, P(new_lease), KEY_PARAMS(k), P(old_lease));
}

enum err idem_done(struct db *db, const struct idem_key *k, const struct idem_answer *answer)
{
    TRY(db_exec(db, sql_idem_done, P(answer->status), P(answer->body), KEY_PARAMS(k),
                P(k->lease_until)));
    return db_changed(db) == 1 ? OK : E_KEY_RUNNING;
}

enum err idem_forget(struct db *db, const struct idem_key *k)
{
    return db_exec(db, sql_idem_forget, KEY_PARAMS(k), P(k->lease_until));
}
