#ifndef DB_DB_H
#define DB_DB_H
#include "base/arena.h"
#include "base/err.h"
#include "types/field.h"

/*
 * MariaDB: typed, prepared statements and transactions. The only user of mysql_*().
 *
 * Statements are constants in *_sql.c files, declared with SQL_ROWS (SELECT: fills structs) or
 * SQL_EXEC (the rest), and listed by the linker, so that tests/sql_test.c can prepare each of them
 * on the real schema. A value is handed in with P(x), which picks the binding by its type.
 *
 *   db_one(db, &row, stmt, P(x)...)       fills one struct; E_NOT_FOUND on no row, E_INTERNAL on two
 *   db_all(db, &rows, &n, stmt, P(x)...)  an array in the arena; OK with n = 0 when empty
 *   db_exec(db, stmt, P(x)...)            anything without rows; then db_changed(db), db_insert_id(db)
 *   DB_TX(db, &e) e = f(db, ...);         one transaction around one call
 *
 * Errors: E_DB_RETRY (deadlock, conflict: DB_TX runs the call again), E_DB_BUSY (a lock was not
 * given in time), E_DUPLICATE (unique key), E_DB_CHECK (a CHECK of the schema, or letters that an
 * ASCII column can't be compared with), E_DB_DOWN (no connection, read-only, disk full), E_INTERNAL.
 * Database errors are logged here, once.
 *
 * Reconnecting happens in db_begin() only, between two units of work, never inside one. A
 * connection lost during COMMIT leaves the result unknown (E_DB_DOWN): whoever repeats the work
 * settles it by a unique key.
 */
struct sql {
    const char *text;
    const struct field *fields;
    size_t nfields;
    size_t row_size;
    const char *where; /* file:line */
    unsigned slot;     /* set by db_new() */
};

#define STR_(x) #x
#define STR(x)  STR_(x)
// clang-format off
#define SQL_LISTED(name) \
    static struct sql *const name##_listed __attribute__((used, section("sql_list"))) = &name.q
#define SQL_ROWS(name, type, fields_, text_)                                                \
    static struct { struct sql q; type *row; } name = {                                     \
        {text_, fields_, COUNT(fields_), sizeof(type), __FILE__ ":" STR(__LINE__), 0}, NULL}; \
    SQL_LISTED(name)
#define SQL_EXEC(name, text_)                                                               \
    static struct { struct sql q; } name = {{text_, NULL, 0, 0, __FILE__ ":" STR(__LINE__), 0}}; \
    SQL_LISTED(name)
// clang-format on

struct param {
    enum field_type type;
    bool end;
    bool null;
    int64_t i;
    const void *s; /* text or bytes */
    size_t len;
};

struct param param_i64(int64_t v);
struct param param_int(int v);
struct param param_uint(unsigned v);
struct param param_bool(bool v);
struct param param_money(struct money v);
struct param param_bps(struct bps v);
struct param param_utc(struct utc v);   /* us = 0 is NULL */
struct param param_text(const char *v); /* NULL is NULL */
struct param param_sealed(struct sealed v);
struct param param_number_id(int64_t v);

#define PARAM_NUMBER_ID_FN(name)                                            \
    static inline struct param param_##name##_id(const struct name##_id *v) \
    {                                                                       \
        return param_number_id(v->v);                                       \
    }
#define PARAM_UUID_FN(name)                                                 \
    static inline struct param param_##name##_id(const struct name##_id *v) \
    {                                                                       \
        return param_text(v->text[0] == '\0' ? NULL : v->text);             \
    }
NUMBER_IDS(PARAM_NUMBER_ID_FN)
UUID_IDS(PARAM_UUID_FN)
#undef PARAM_NUMBER_ID_FN
#undef PARAM_UUID_FN

/* Ids are handed in by address, P(&order_id): a UUID lives in the struct. "" binds as NULL. */
// clang-format off
#define PARAM_ID_CASE(name) const struct name##_id *: param_##name##_id, struct name##_id *: param_##name##_id,
#define P(x)                       \
    _Generic((x),                  \
        NUMBER_IDS(PARAM_ID_CASE)  \
        UUID_IDS(PARAM_ID_CASE)    \
        int64_t: param_i64,        \
        int: param_int,            \
        unsigned: param_uint,      \
        bool: param_bool,          \
        struct money: param_money, \
        struct bps: param_bps,     \
        struct utc: param_utc,     \
        struct sealed: param_sealed, \
        const char *: param_text,  \
        char *: param_text)(x)
// clang-format on
/* A fixed number of raw bytes, such as a hash. */
#define P_BYTES(ptr, n) param_sealed((struct sealed){(ptr), (n)})
#define PARAMS(...)     ((const struct param[]){__VA_ARGS__ __VA_OPT__(, ){.end = true}})

struct db;
struct db_config {
    const char *socket; /* "" = TCP to host:port */
    const char *host;
    unsigned port;
    const char *user, *password, *name;
};

/* Doesn't connect yet: the first db_begin() does. `mem` is where rows live. */
struct db *db_new(const struct db_config *cfg, struct arena *mem);
void db_free(struct db *db);
struct arena *db_arena(const struct db *db); /* for texts that a rule makes */

/*
 * Start of a unit of work (a request, an item of a job): notices without a round trip that the
 * server has hung up, and connects again if needed. E_DB_DOWN when it can't. Counts from zero.
 */
enum err db_begin(struct db *db);

/* How long one answer of the server may take, from the next connection on; 10 s unless told. For
 * work whose length is not ours to choose: migrations. */
void db_patience(struct db *db, unsigned seconds);

/* What MariaDB said about the last error: for the operator's eyes, never for an answer. */
const char *db_last_error(const struct db *db);

uint64_t db_changed(const struct db *db); /* rows that really changed or were inserted */
uint64_t db_insert_id(const struct db *db);
bool db_in_tx(const struct db *db);
int64_t db_statements(const struct db *db); /* round trips since db_begin() */

/* Prepares all listed statements; logs each that does not fit the schema. For tests/sql_test.c. */
enum err db_check_all_sql(struct db *db);
/* The list itself: count and nth; for the test that runs EXPLAIN. */
size_t db_sql_count(void);
const struct sql *db_sql_nth(size_t n);

/* Called with true when a transaction opens and with false when it ends: so that the HTTP client can
 * refuse to call a provider inside one. */
void db_on_transaction(struct db *db, void (*hook)(bool open));

/* Text that is no prepared statement: only for migrations and session setup. Many at once allowed:
 * the first that fails ends it, and db_last_error() tells its number. */
enum err db_run_script(struct db *db, const char *text, size_t len);

#define db_exec(db, stmt, ...) db_exec_((db), &(stmt).q, PARAMS(__VA_ARGS__))
#define db_one(db, out, stmt, ...)                                                    \
    db_one_((db), (out), sizeof(*(out)) + 0 * sizeof((out) == (stmt).row), &(stmt).q, \
            PARAMS(__VA_ARGS__))
#define db_all(db, out, n, stmt, ...)                                                      \
    db_all_((db), (void **)(out), sizeof(**(out)) + 0 * sizeof(*(out) == (stmt).row), (n), \
            &(stmt).q, PARAMS(__VA_ARGS__))

enum err db_exec_(struct db *db, struct sql *q, const struct param *params);
enum err db_one_(struct db *db, void *out, size_t size, struct sql *q, const struct param *params);
enum err db_all_(struct db *db, void **out, size_t size, size_t *n, struct sql *q,
                 const struct param *params);

/*
 * DB_TX starts a transaction, runs the call, commits on OK and rolls back otherwise; on E_DB_RETRY,
 * and once on E_DB_BUSY, it runs the call again after a short random pause. Leaving the block by
 * return rolls back. The call may run more than once: it touches the database and its `out`, nothing
 * else. Transactions don't nest (abort).
 */
struct db_tx {
    struct db *db;
    enum err *result;
    int attempt;
    bool open;
};
struct db_tx db_tx_start_(struct db *db, enum err *result);
bool db_tx_next_(struct db_tx *tx);
void db_tx_leave_(struct db_tx *tx);

#define DB_TX(db, result)                                                                        \
    for (struct db_tx tx_ __attribute__((cleanup(db_tx_leave_))) = db_tx_start_((db), (result)); \
         db_tx_next_(&tx_);)

#endif
