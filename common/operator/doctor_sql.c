#include "operator/doctor_sql.h"

static const struct field facts_row[] = {
    {"version",         FIELD(struct db_facts, version),         REQUIRED},
    {"flush_at_commit", FIELD(struct db_facts, flush_at_commit), REQUIRED},
    {"now",             FIELD(struct db_facts, now),             REQUIRED},
};

SQL_ROWS(sql_db_facts, struct db_facts, facts_row,
         "SELECT VERSION() AS version,"
         " @@GLOBAL.innodb_flush_log_at_trx_commit AS flush_at_commit, UTC_TIMESTAMP(6) AS now");

enum err db_facts(struct db *db, struct db_facts *out)
{
    return db_one(db, out, sql_db_facts);
}
