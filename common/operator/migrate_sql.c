#include "operator/migrate_sql.h"

#include <string.h>

struct answer {
    int64_t n; /* 0 also when the database says NULL */
};
static const struct field answer_row[] = {
    {"n", FIELD(struct answer, n), OPTIONAL},
};
static const struct field applied_row[] = {
    {"number",     FIELD(struct applied, number), REQUIRED},
    {"name",       FIELD(struct applied, name),   REQUIRED},
    {"sha256",     FIELD(struct applied, sha256), REQUIRED},
    {"applied_at", FIELD(struct applied, at),     REQUIRED},
};

/* Names of locks are the whole server's and have at most 64 characters. */
SQL_ROWS(sql_migrate_lock, struct answer, answer_row,
         "SELECT GET_LOCK(CONCAT('vezne-migrate-', LEFT(DATABASE(), 50)), ?) AS n");
SQL_ROWS(sql_applied_table_there, struct answer, answer_row,
         "SELECT COUNT(*) AS n FROM information_schema.tables"
         " WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'");
SQL_ROWS(sql_applied_all, struct applied, applied_row,
         "SELECT number, name, sha256, CAST(applied_at AS CHAR(19)) AS applied_at"
         " FROM schema_migrations ORDER BY number");
SQL_EXEC(sql_applied_add, "INSERT INTO schema_migrations (number, name, sha256, applied_at)"
                          " VALUES (?, ?, ?, UTC_TIMESTAMP(6))");

static const char table[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "  number     BIGINT NOT NULL PRIMARY KEY,"
    "  name       VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
    "  sha256     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
    "  applied_at DATETIME(6) NOT NULL"
    ") ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";

enum err migrate_lock(struct db *db, int64_t wait_s, bool *got)
{
    struct answer a;

    TRY(db_one(db, &a, sql_migrate_lock, P(wait_s)));
    *got = a.n == 1;
    return OK;
}

enum err applied_table_there(struct db *db, bool *there)
{
    struct answer a;

    TRY(db_one(db, &a, sql_applied_table_there));
    *there = a.n > 0;
    return OK;
}

enum err applied_table_make(struct db *db)
{
    return db_run_script(db, table, strlen(table));
}

enum err applied_all(struct db *db, struct applied **rows, size_t *n)
{
    return db_all(db, rows, n, sql_applied_all);
}

enum err applied_add(struct db *db, const struct migration *m)
{
    return db_exec(db, sql_applied_add, P(m->number), P(m->name), P((const char *)m->sha256));
}

const char *applied_add_text(struct arena *mem, const struct migration *m)
{
    return arena_printf(mem,
                        "INSERT INTO schema_migrations (number, name, sha256, applied_at)"
                        " VALUES (%lld, '%s', '%s', UTC_TIMESTAMP(6));",
                        (long long)m->number, m->name, m->sha256);
}
