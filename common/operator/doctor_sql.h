#ifndef OPERATOR_DOCTOR_SQL_H
#define OPERATOR_DOCTOR_SQL_H
#include "db/db.h"

struct db_facts {
    const char *version;
    int64_t flush_at_commit; /* innodb_flush_log_at_trx_commit */
    struct utc now;
};
enum err db_facts(struct db *db, struct db_facts *out);

#endif
