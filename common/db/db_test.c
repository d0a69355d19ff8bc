#include "db/db.h"

#include <string.h>

#include "run/process.h"
#include "test.h"

/* Uses the tables of tenants and sessions, which are there on every schema. */
static struct process one;
static struct process two; /* shares the first one's configuration */

struct number {
    int64_t n;
};
static const struct field number_row[] = {
    {"n", FIELD(struct number, n), REQUIRED},
};
struct mixed {
    const char *text;
    struct utc at;
    struct sealed bytes;
    bool flag;
};
static const struct field mixed_row[] = {
    {"text",  FIELD(struct mixed, text),  OPTIONAL},
    {"at",    FIELD(struct mixed, at),    OPTIONAL},
    {"bytes", FIELD(struct mixed, bytes), OPTIONAL},
    {"flag",  FIELD(struct mixed, flag),  REQUIRED},
};
SQL_ROWS(sql_connection, struct number, number_row, "SELECT CONNECTION_ID() AS n");
SQL_ROWS(sql_mixed, struct mixed, mixed_row,
         "SELECT CAST(? AS CHAR) AS text, CAST(? AS DATETIME(6)) AS at, CAST(? AS BINARY) AS bytes,"
         " ? AS flag");
SQL_ROWS(sql_none, struct number, number_row, "SELECT 1 AS n FROM tenants WHERE id = ?");
SQL_ROWS(sql_many, struct number, number_row, "SELECT 1 AS n UNION ALL SELECT 2");
SQL_ROWS(sql_null, struct number, number_row, "SELECT NULLIF(1, ?) AS n");
SQL_ROWS(sql_stock, struct number, number_row,
         "SELECT CAST(name AS INT) AS n FROM tenants WHERE code = ?");
SQL_EXEC(sql_add, "INSERT INTO tenants (code, name, created_at) VALUES (?, ?, ?)");
SQL_EXEC(sql_set, "UPDATE tenants SET name = ? WHERE code = ?");
SQL_EXEC(sql_bad_code, "UPDATE tenants SET code = 'UPPER CASE' WHERE code = ?");
SQL_EXEC(sql_kill, "KILL CONNECTION ?");

static const struct utc at = {1700000000123456};
static const uint8_t raw[] = {'a', 0, 'b'};

static void values_come_back_as_they_went(void)
{
    char long_text[1000];
    struct mixed m = {0};
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    const char *texts[] = {"", "ş", "%s' -- \\", long_text};

    for (size_t i = 0; i < COUNT(texts); i++) {
        m = (struct mixed){0};
        CHECK_THAT(db_one(one.db, &m, sql_mixed, P(texts[i]), P(at), P_BYTES(raw, sizeof(raw)),
                          P(true)) == OK,
                   "%zu", i);
        CHECK_THAT(m.text != NULL && strcmp(m.text, texts[i]) == 0, "%zu", i);
        CHECK_THAT(m.at.us == at.us, "%lld", (long long)m.at.us);
        CHECK_THAT(m.bytes.len == 3 && memcmp(m.bytes.data, raw, sizeof(raw)) == 0, "bytes");
        CHECK_THAT(m.flag, "flag");
    }
    m = (struct mixed){0};
    CHECK_THAT(db_one(one.db, &m, sql_mixed, P((const char *)NULL), P((struct utc){0}),
                      P((struct sealed){0}), P(false)) == OK,
               "nothing");
    CHECK_THAT(m.text == NULL && m.at.us == 0 && m.bytes.data == NULL && !m.flag, "stays nothing");
}

static void one_row_means_one(void)
{
    struct number n = {7};

    CHECK_THAT(db_one(one.db, &n, sql_none, P((int64_t)-1)) == E_NOT_FOUND, "none");
    CHECK_THAT(n.n == 7, "left alone");
    CHECK_THAT(db_one(one.db, &n, sql_many) == E_INTERNAL, "two");
    CHECK_THAT(db_one(one.db, &n, sql_null, P((int64_t)1)) == E_INTERNAL,
               "NULL in a required field");
}

static void errors_have_names(void)
{
    CHECK_THAT(db_exec(one.db, sql_add, P("dbtest"), P("0"), P(at)) == OK, "added");
    CHECK_THAT(db_changed(one.db) == 1 && db_insert_id(one.db) > 0, "counted");
    CHECK_THAT(db_exec(one.db, sql_add, P("dbtest"), P("0"), P(at)) == E_DUPLICATE, "twice");
    CHECK_THAT(db_exec(one.db, sql_bad_code, P("dbtest")) == E_DB_CHECK, "CHECK of the schema");
}

static enum err set_then(struct db *db, const char *value, enum err result)
{
    TRY(db_exec(db, sql_set, P(value), P("dbtest")));
    return result;
}

static int64_t stored(void)
{
    struct number n = {-1};
    CHECK_THAT(db_one(two.db, &n, sql_stock, P("dbtest")) == OK, "read");
    return n.n;
}

static void leave_in_the_middle(void)
{
    enum err e;
    DB_TX(one.db, &e) {
        e = set_then(one.db, "9", OK);
        return; /* forgotten half-way: nothing is kept */
    }
}

static void transactions_keep_all_or_nothing(void)
{
    enum err e;

    DB_TX(one.db, &e)
        e = set_then(one.db, "5", OK);
    CHECK_THAT(e == OK && stored() == 5, "kept");
    DB_TX(one.db, &e)
        e = set_then(one.db, "6", E_STOCK);
    CHECK_THAT(e == E_STOCK && stored() == 5, "a refusal keeps nothing");
    leave_in_the_middle();
    CHECK_THAT(!db_in_tx(one.db) && stored() == 5, "nor does leaving");
}

static void retries_run_the_whole_unit_again(void)
{
    enum err e;
    int runs = 0;

    DB_TX(one.db, &e)
        e = set_then(one.db, "7", ++runs < 3 ? E_DB_RETRY : OK);
    CHECK_THAT(e == OK && runs == 3, "%d runs", runs);
    runs = 0;
    DB_TX(one.db, &e)
        e = set_then(one.db, "8", ++runs > 0 ? E_DB_RETRY : OK);
    CHECK_THAT(e == E_DB_RETRY && runs == 5 && stored() == 7, "gives up after %d", runs);
}

static enum err set_in_tx(struct db *db, const char *value)
{
    enum err e;

    DB_TX(db, &e)
        e = set_then(db, value, OK);
    return e;
}

/* The second one waits for innodb_lock_wait_timeout, twice, and is told that it is busy. */
static void a_lock_is_waited_for_and_given_up(void)
{
    enum err first, second = OK;

    DB_TX(one.db, &first) {
        first = set_then(one.db, "10", OK);
        second = set_in_tx(two.db, "11");
    }
    CHECK_THAT(first == OK && second == E_DB_BUSY, "%d %d", (int)first, (int)second);
    CHECK_THAT(stored() == 10, "the first one's");
}

static void a_lost_connection_is_noticed_between_units(void)
{
    struct number n = {0};

    CHECK_THAT(db_one(one.db, &n, sql_connection) == OK, "its number");
    CHECK_THAT(db_exec(two.db, sql_kill, P(n.n)) == OK, "killed");
    CHECK_THAT(db_begin(one.db) == OK, "connects again");
    CHECK_THAT(db_one(one.db, &n, sql_connection) == OK, "works again");
    CHECK_THAT(db_exec(two.db, sql_kill, P(n.n)) == OK, "killed in the middle of a unit");
    CHECK_THAT(db_one(one.db, &n, sql_connection) == E_DB_DOWN, "told so");
    CHECK_THAT(db_one(one.db, &n, sql_connection) == E_DB_DOWN, "and never goes on by itself");
    CHECK_THAT(db_begin(one.db) == OK && db_one(one.db, &n, sql_connection) == OK, "new unit");
}

int main(void)
{
    if (!process_start(&one, "db_test", NEEDS_NO_KEY))
        return 1;
    const struct db_config cfg = {.socket = one.conf.db_socket,
                                  .user = one.conf.db_user,
                                  .password = one.conf.db_password,
                                  .name = one.conf.db_name};
    two.db = db_new(&cfg, one.mem);
    static const char impatient[] = "SET SESSION innodb_lock_wait_timeout = 1";
    if (db_begin(one.db) != OK || db_begin(two.db) != OK ||
        db_run_script(two.db, impatient, strlen(impatient)) != OK)
        return 1;
    RUN(values_come_back_as_they_went);
    RUN(one_row_means_one);
    RUN(errors_have_names);
    RUN(transactions_keep_all_or_nothing);
    RUN(retries_run_the_whole_unit_again);
    RUN(a_lock_is_waited_for_and_given_up);
    RUN(a_lost_connection_is_noticed_between_units);
    db_free(two.db);
    process_end(&one);
    return test_result();
}
