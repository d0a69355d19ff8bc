#include "db/db.h"

#include <assert.h>
#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>
#include <mariadb/mysqld_error.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "db/bind.h"

enum { TX_ATTEMPTS = 5, BUSY_ATTEMPTS = 2, ANSWER_WITHIN_S = 10 };

struct db {
    struct db_config cfg;
    MYSQL *conn; /* NULL: not connected */
    struct arena *mem;
    struct statement **prepared; /* by sql slot; NULL: not prepared on this connection */
    void (*on_transaction)(bool open);
    uint64_t changed, insert_id;
    int64_t statements;
    unsigned patience_s;
    char error[300]; /* db_last_error() */
    bool in_tx;
    bool lost; /* the connection failed: nothing more until db_begin() */
};

extern struct sql *const __start_sql_list[] __attribute__((weak));
extern struct sql *const __stop_sql_list[] __attribute__((weak));

size_t db_sql_count(void)
{
    return (size_t)(__stop_sql_list - __start_sql_list);
}

const struct sql *db_sql_nth(size_t n)
{
    return __start_sql_list[n];
}

static enum err err_of(unsigned code)
{
    switch (code) {
    case ER_LOCK_DEADLOCK:
    case ER_CHECKREAD:
        return E_DB_RETRY;
    case ER_LOCK_WAIT_TIMEOUT:
        return E_DB_BUSY;
    case ER_DUP_ENTRY:
        return E_DUPLICATE;
    case ER_CONSTRAINT_FAILED:
    case ER_CANT_AGGREGATE_2COLLATIONS:      /* letters outside ASCII were looked for */
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD: /* or were to be stored in an ASCII column */
        return E_DB_CHECK;
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_SERVER_HANDSHAKE_ERR:
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_QUERY_INTERRUPTED:
    case ER_CON_COUNT_ERROR:
    case ER_OPTION_PREVENTS_STATEMENT: /* read-only */
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
    case ER_ERROR_ON_WRITE:
        return E_DB_DOWN;
    default:
        return E_INTERNAL;
    }
}

static bool is_connection_error(unsigned code)
{
    return (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) || code == ER_SERVER_SHUTDOWN ||
           code == ER_CONNECTION_KILLED || code == CR_SERVER_LOST_EXTENDED;
}

/* Logs what is ours to know and gives the outcome. Refusals that rules expect are not errors. */
static enum err failed(struct db *db, unsigned code, const char *where)
{
    enum err e = err_of(code);
    if (db->conn != NULL)
        snprintf(db->error, sizeof(db->error), "%s", mysql_error(db->conn));
    if (is_connection_error(code))
        db->lost = true;
    bool expected = e == E_DB_RETRY || e == E_DB_CHECK;
    if (e != E_DUPLICATE && code != ER_CONSTRAINT_FAILED)
        log_line(expected ? LOG_INFO : LOG_ERROR, "database", LOG_WHERE, where, LOG_ERRNO,
                 (int64_t)code, LOG_CODE, err_info(e)->code, LOG_END);
    return e;
}

static enum err run_text(struct db *db, const char *text)
{
    if (db->lost || db->conn == NULL)
        return E_DB_DOWN;
    db->statements++;
    if (mysql_query(db->conn, text) != 0)
        return failed(db, mysql_errno(db->conn), text);
    return OK;
}

struct db *db_new(const struct db_config *cfg, struct arena *mem)
{
    struct db *db = calloc(1, sizeof(*db));
    unsigned slot = 0;

    if (db == NULL)
        abort();
    db->cfg = *cfg;
    db->mem = mem;
    db->patience_s = ANSWER_WITHIN_S;
    for (struct sql *const *q = __start_sql_list; q < __stop_sql_list; q++)
        (*q)->slot = slot++;
    db->prepared = calloc(db_sql_count() + 1, sizeof(struct statement *));
    if (db->prepared == NULL)
        abort();
    return db;
}

static void disconnect(struct db *db)
{
    for (size_t i = 0; i < db_sql_count(); i++) {
        if (db->prepared[i] != NULL)
            statement_free(db->prepared[i]);
        db->prepared[i] = NULL;
    }
    if (db->conn != NULL)
        mysql_close(db->conn);
    db->conn = NULL;
    db->in_tx = false;
    db->lost = false;
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    disconnect(db);
    free(db->prepared);
    free(db);
}

struct arena *db_arena(const struct db *db)
{
    return db->mem;
}

void db_on_transaction(struct db *db, void (*hook)(bool open))
{
    db->on_transaction = hook;
}

void db_patience(struct db *db, unsigned seconds)
{
    db->patience_s = seconds;
}

const char *db_last_error(const struct db *db)
{
    return db->error;
}

uint64_t db_changed(const struct db *db)
{
    return db->changed;
}

uint64_t db_insert_id(const struct db *db)
{
    return db->insert_id;
}

bool db_in_tx(const struct db *db)
{
    return db->in_tx;
}

int64_t db_statements(const struct db *db)
{
    return db->statements;
}

/* Shared hosts run without strict mode and in any zone: what we rely on is set on every connection. */
static const char session_setup[] =
    "SET SESSION time_zone = '+00:00', autocommit = 1, innodb_lock_wait_timeout = 5,"
    " sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'";
/* As a variable it is called tx_isolation or transaction_isolation, by version. */
static const char session_isolation[] = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

static enum err connect_now(struct db *db)
{
    const struct db_config *cfg = &db->cfg;
    unsigned connect_s = 2, io_s = db->patience_s;
    my_bool no = 0;
    bool tcp = cfg->socket == NULL || cfg->socket[0] == '\0';

    db->conn = mysql_init(NULL);
    if (db->conn == NULL)
        abort();
    mysql_optionsv(db->conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(db->conn, MYSQL_OPT_RECONNECT, &no);
    mysql_optionsv(db->conn, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_optionsv(db->conn, MYSQL_OPT_READ_TIMEOUT, &io_s);
    mysql_optionsv(db->conn, MYSQL_OPT_WRITE_TIMEOUT, &io_s);
    if (!mysql_real_connect(db->conn, tcp ? cfg->host : NULL, cfg->user, cfg->password, cfg->name,
                            tcp ? cfg->port : 0, tcp ? NULL : cfg->socket, 0)) {
        (void)failed(db, mysql_errno(db->conn), "connect");
        disconnect(db);
        return E_DB_DOWN;
    }
    if (run_text(db, session_setup) != OK || run_text(db, session_isolation) != OK) {
        disconnect(db);
        return E_DB_DOWN;
    }
    return OK;
}

/* An idle connection has nothing to say: anything to read is a goodbye. */
static bool hung_up(struct db *db)
{
    struct pollfd p = {.fd = (int)mysql_get_socket(db->conn), .events = POLLIN};
    return poll(&p, 1, 0) != 0;
}

enum err db_begin(struct db *db)
{
    if (db->conn != NULL && (db->in_tx || db->lost || hung_up(db)))
        disconnect(db);
    if (db->conn == NULL)
        TRY(connect_now(db));
    db->statements = 0;
    return OK;
}

static enum err prepare(struct db *db, struct sql *q, struct statement **out)
{
    if (db->lost || db->conn == NULL)
        return E_DB_DOWN;
    if (db->prepared[q->slot] == NULL) {
        unsigned code = 0;
        struct statement *s = statement_new(db->conn, q, &code);
        if (s == NULL)
            return code == 0 ? E_INTERNAL : failed(db, code, q->where);
        db->prepared[q->slot] = s;
    }
    *out = db->prepared[q->slot];
    return OK;
}

enum err db_check_all_sql(struct db *db)
{
    enum err worst = OK;
    for (struct sql *const *q = __start_sql_list; q < __stop_sql_list; q++) {
        struct statement *s;
        enum err e = prepare(db, *q, &s);
        if (e != OK)
            worst = e;
    }
    return worst;
}

static enum err execute(struct db *db, struct sql *q, const struct param *params,
                        struct statement **out)
{
    TRY(prepare(db, q, out));
    db->statements++;
    unsigned code = statement_execute(*out, params);
    return code == 0 ? OK : failed(db, code, q->where);
}

enum err db_exec_(struct db *db, struct sql *q, const struct param *params)
{
    struct statement *s = NULL;
    TRY(execute(db, q, params, &s));
    db->changed = statement_changed(s);
    db->insert_id = statement_insert_id(s);
    return OK;
}

enum err db_all_(struct db *db, void **out, size_t size, size_t *n, struct sql *q,
                 const struct param *params)
{
    struct statement *s = NULL;
    assert(size == q->row_size);
    TRY(execute(db, q, params, &s));
    unsigned code = 0;
    enum err e = statement_rows(s, db->mem, out, n, &code);
    return code == 0 ? e : failed(db, code, q->where);
}

enum err db_one_(struct db *db, void *out, size_t size, struct sql *q, const struct param *params)
{
    void *rows;
    size_t n;
    TRY(db_all_(db, &rows, size, &n, q, params));
    if (n == 0)
        return E_NOT_FOUND;
    if (n > 1) {
        log_line(LOG_ERROR, "two_rows", LOG_WHERE, q->where, LOG_COUNT, (int64_t)n, LOG_END);
        return E_INTERNAL;
    }
    memcpy(out, rows, size);
    return OK;
}

enum err db_run_script(struct db *db, const char *text, size_t len)
{
    assert(!db->in_tx);
    if (db->lost || db->conn == NULL)
        return E_DB_DOWN;
    mysql_set_server_option(db->conn, MYSQL_OPTION_MULTI_STATEMENTS_ON);
    unsigned statement = 1;
    int more = mysql_real_query(db->conn, text, len);
    for (; more == 0; statement++) {
        mysql_free_result(mysql_store_result(db->conn));
        more = mysql_next_result(db->conn); /* -1: that was the last one */
    }
    enum err e = OK;
    if (more > 0) {
        log_line(LOG_ERROR, "script", LOG_NAME, mysql_error(db->conn), LOG_END);
        e = failed(db, mysql_errno(db->conn), "script");
        snprintf(db->error, sizeof(db->error), "statement %u: %s", statement,
                 mysql_error(db->conn));
    }
    mysql_set_server_option(db->conn, MYSQL_OPTION_MULTI_STATEMENTS_OFF);
    return e;
}

static void tx_state(struct db_tx *tx, bool open)
{
    tx->open = tx->db->in_tx = open;
    if (tx->db->on_transaction != NULL)
        tx->db->on_transaction(open);
}

struct db_tx db_tx_start_(struct db *db, enum err *result)
{
    assert(!db->in_tx);
    *result = OK;
    return (struct db_tx){.db = db, .result = result};
}

static void rollback(struct db_tx *tx)
{
    tx_state(tx, false);
    if (run_text(tx->db, "ROLLBACK") != OK)
        tx->db->lost = true; /* never go on with a transaction that may still be open */
}

static void pause_before_retry(int attempt)
{
    long ms = 10L * attempt + (long)random_below(30);
    struct timespec pause = {0, ms * 1000000L};
    nanosleep(&pause, NULL);
}

static bool worth_another_try(const struct db_tx *tx)
{
    return (*tx->result == E_DB_RETRY && tx->attempt < TX_ATTEMPTS) ||
           (*tx->result == E_DB_BUSY && tx->attempt < BUSY_ATTEMPTS);
}

bool db_tx_next_(struct db_tx *tx)
{
    if (tx->open) {
        if (*tx->result == OK)
            *tx->result = run_text(tx->db, "COMMIT");
        if (*tx->result == OK) {
            tx_state(tx, false);
            return false;
        }
        rollback(tx);
        if (!worth_another_try(tx))
            return false;
        pause_before_retry(tx->attempt);
    }
    *tx->result = run_text(tx->db, "START TRANSACTION");
    if (*tx->result != OK)
        return false;
    tx->attempt++;
    tx_state(tx, true);
    return true;
}

void db_tx_leave_(struct db_tx *tx)
{
    if (tx->open)
        rollback(tx);
}
