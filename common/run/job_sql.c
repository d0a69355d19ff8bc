#include "run/job_sql.h"

struct lock {
    int64_t got;
};
static const struct field lock_row[] = {
    {"got", FIELD(struct lock, got), OPTIONAL},
};
SQL_ROWS(sql_job_lock, struct lock, lock_row,
         "SELECT GET_LOCK(CONCAT(DATABASE(), '.', ?), 0) AS got");

enum err job_lock(struct db *db, const char *name, bool *got)
{
    struct lock l = {0};
    TRY(db_one(db, &l, sql_job_lock, P(name)));
    *got = l.got == 1;
    return OK;
}
