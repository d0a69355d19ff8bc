/*
 * What the three paths of the bench cost at the least in our process model: a bare libfcgi loop, one
 * request at a time, connections not kept, a prepared statement a round trip, JSON by hand. The same
 * rows, the same answers, but no sessions' upkeep, no checks of input, no log, no errors but 500.
 *
 *   GET  .../api/orders/track/NUMBER/   one statement
 *   GET  .../api/cart/                  one statement: session, cart and lines
 *   POST .../api/cart/add/              a transaction of six statements
 *
 * Environment: REF_SOCKET, REF_NAME, REF_USER, REF_PASSWORD of the database, REF_TENANT.
 */
#include <fcgiapp.h>
#include <mariadb/mysql.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 13, TEXT = 256, TOKEN = 64, UUID = 36, BODY = 4096, ANSWER = 65536 };

struct statement {
    MYSQL_STMT *s;
    char text[COLUMNS][TEXT];
    unsigned long len[COLUMNS];
    my_bool null[COLUMNS];
};

#define CART_COLUMNS                                                             \
    "SELECT c.id, m.id, m.price, COALESCE(m.free_shipping_threshold, -1), i.id," \
    " i.product_id, i.quantity, p.name, p.price FROM "
#define CART_PARTS                                                              \
    " LEFT JOIN shipping_methods m ON m.tenant_id = c.tenant_id"                \
    "   AND m.id = c.shipping_method_id AND m.is_active"                        \
    " LEFT JOIN cart_items i ON i.tenant_id = c.tenant_id AND i.cart_id = c.id" \
    " LEFT JOIN products p ON p.tenant_id = i.tenant_id AND p.id = i.product_id WHERE "
#define SESSION_CART                                                             \
    "sessions s JOIN carts c ON c.tenant_id = s.tenant_id AND c.owner = s.owner" \
    "   AND c.is_open = 1"
#define THE_SESSION "s.tenant_id = ? AND s.token_hash = ? AND s.expires_at > UTC_TIMESTAMP(6)"
#define CART_ORDER  " ORDER BY i.added_at, i.id"

static MYSQL *conn;
static int64_t tenant;
static struct statement track, view, begin, lock, product, put, cart, commit;

static void fail(const char *what)
{
    fprintf(stderr, "reference: %s: %s\n", what, mysql_error(conn));
    exit(1);
}

/* All columns arrive as text; numbers of our own making need no more to be printed. */
static void prepare(struct statement *st, const char *sql)
{
    MYSQL_BIND b[COLUMNS] = {0};

    st->s = mysql_stmt_init(conn);
    if (mysql_stmt_prepare(st->s, sql, strlen(sql)) != 0)
        fail(sql);
    for (unsigned i = 0; i < COLUMNS; i++)
        b[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
                            .buffer = st->text[i],
                            .buffer_length = TEXT - 1,
                            .length = &st->len[i],
                            .is_null = &st->null[i]};
    if (mysql_stmt_field_count(st->s) > 0 && mysql_stmt_bind_result(st->s, b) != 0)
        fail("bind");
}

static bool run(struct statement *st, MYSQL_BIND *params)
{
    bool done = (params == NULL || mysql_stmt_bind_param(st->s, params) == 0) &&
                mysql_stmt_execute(st->s) == 0 &&
                (mysql_stmt_field_count(st->s) == 0 || mysql_stmt_store_result(st->s) == 0);
    if (!done)
        fprintf(stderr, "reference: %s\n", mysql_stmt_error(st->s));
    return done;
}

static bool next(struct statement *st)
{
    if (mysql_stmt_fetch(st->s) != 0)
        return false;
    for (unsigned i = 0; i < COLUMNS; i++)
        st->text[i][st->null[i] || st->len[i] >= TEXT ? 0 : st->len[i]] = '\0';
    return true;
}

static MYSQL_BIND number(const int64_t *v)
{
    return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = (void *)(uintptr_t)v};
}

static MYSQL_BIND bytes(const void *v, unsigned long n)
{
    return (MYSQL_BIND){
        .buffer_type = MYSQL_TYPE_STRING, .buffer = (void *)(uintptr_t)v, .buffer_length = n};
}

static const char track_sql[] = "SELECT order_number, status, payment_status, tracking_number,"
                                " DATE_FORMAT(shipped_at, '%Y-%m-%dT%H:%i:%sZ'), "
                                "DATE_FORMAT(delivered_at, '%Y-%m-%dT%H:%i:%sZ'),"
                                " DATE_FORMAT(created_at, '%Y-%m-%dT%H:%i:%sZ'), total, currency"
                                " FROM orders WHERE tenant_id = ? AND order_number = ?";

static void connect_database(void)
{
    conn = mysql_init(NULL);
    mysql_optionsv(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (!mysql_real_connect(conn, NULL, getenv("REF_USER"), getenv("REF_PASSWORD"),
                            getenv("REF_NAME"), 0, getenv("REF_SOCKET"), 0) ||
        mysql_query(conn, "SET SESSION time_zone = '+00:00'") != 0 ||
        mysql_query(conn, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") != 0)
        fail("connect");
    tenant = strtoll(getenv("REF_TENANT"), NULL, 10);
    prepare(&track, track_sql);
    prepare(&view, CART_COLUMNS SESSION_CART CART_PARTS THE_SESSION CART_ORDER);
    prepare(&begin, "START TRANSACTION");
    prepare(&lock, "SELECT c.id FROM " SESSION_CART " WHERE " THE_SESSION " FOR UPDATE");
    prepare(&product, "SELECT stock FROM products WHERE tenant_id = ? AND id = ? AND is_active");
    prepare(&put, "INSERT INTO cart_items (tenant_id, cart_id, product_id, id, quantity, added_at)"
                  " VALUES (?, ?, ?, UUID(), ?, UTC_TIMESTAMP(6))"
                  " ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)");
    prepare(&cart, CART_COLUMNS "carts c" CART_PARTS "c.tenant_id = ? AND c.id = ?" CART_ORDER);
    prepare(&commit, "COMMIT");
}

/* ---- Answers ---- */

static char answer[ANSWER];
static size_t used;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(answer + used, ANSWER - used, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < ANSWER - used)
        used += (size_t)n;
}

static void say_text(const char *name, const struct statement *st, unsigned i)
{
    if (st->null[i]) {
        say("\"%s\":null", name);
        return;
    }
    say("\"%s\":\"", name);
    for (const char *p = st->text[i]; *p != '\0' && used < ANSWER - 2; p++) {
        if (*p == '"' || *p == '\\')
            answer[used++] = '\\';
        answer[used++] = *p;
    }
    say("\"");
}

static const char *label(const char *word, bool payment)
{
    static const struct {
        const char *word, *order, *payment;
    } labels[] = {
        {"pending",        "Beklemede",       "Ödeme Bekleniyor"  },
        {"confirmed",      "Onaylandı",      ""                   },
        {"processing",     "Hazırlanıyor",  ""                   },
        {"shipped",        "Kargoya Verildi", ""                   },
        {"delivered",      "Teslim Edildi",   ""                   },
        {"cancelled",      "İptal Edildi",   ""                   },
        {"refunded",       "İade Edildi",    "İade Edildi"       },
        {"paid",           "",                "Ödendi"            },
        {"partially_paid", "",                "Kısmen Ödendi"    },
        {"failed",         "",                "Ödeme Başarısız"},
    };
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (strcmp(labels[i].word, word) == 0)
            return payment ? labels[i].payment : labels[i].order;
    return "";
}

static bool answer_track(const char *path)
{
    const char *from = strstr(path, "/track/") + strlen("/track/");
    MYSQL_BIND p[] = {number(&tenant), bytes(from, strcspn(from, "/"))};

    if (!run(&track, p) || !next(&track))
        return false;
    int64_t total = strtoll(track.text[7], NULL, 10);
    say("{\"success\":true,\"order\":{");
    say_text("order_number", &track, 0);
    say(",\"status\":\"%s\",\"status_display\":\"%s\",\"payment_status\":\"%s\","
        "\"payment_status_display\":\"%s\",",
        track.text[1], label(track.text[1], false), track.text[2], label(track.text[2], true));
    say_text("tracking_number", &track, 3);
    say(",");
    say_text("shipped_at", &track, 4);
    say(",");
    say_text("delivered_at", &track, 5);
    say(",");
    say_text("created_at", &track, 6);
    say(",\"total\":\"%lld.%02lld\",\"currency\":\"%s\"}}", (long long)total / 100,
        (long long)total % 100, track.text[8]);
    mysql_stmt_free_result(track.s);
    return true;
}

/* Columns as in CART_COLUMNS. */
static bool answer_cart(struct statement *st, const char *message)
{
    long long subtotal = 0, shipping = 0, free_from = -1, pieces = 0;
    char head[2][TEXT] = {"null", "null"};
    bool lines = false;
    static char items[ANSWER];

    used = 0;
    while (next(st)) {
        long long quantity = strtoll(st->text[6], NULL, 10), price = strtoll(st->text[8], NULL, 10);
        snprintf(head[0], TEXT, "\"%.40s\"", st->text[0]);
        if (!st->null[1])
            snprintf(head[1], TEXT, "\"%.40s\"", st->text[1]);
        shipping = strtoll(st->text[2], NULL, 10);
        free_from = strtoll(st->text[3], NULL, 10);
        if (st->null[4])
            continue;
        say("%s{\"id\":\"%s\",\"product_id\":\"%s\",", lines ? "," : "", st->text[4], st->text[5]);
        say_text("name", st, 7);
        say(",\"unit_price\":\"%lld.%02lld\",\"quantity\":%lld,\"line_total\":\"%lld.%02lld\"}",
            price / 100, price % 100, quantity, price * quantity / 100, price * quantity % 100);
        subtotal += price * quantity;
        pieces += quantity;
        lines = true;
    }
    mysql_stmt_free_result(st->s);
    memcpy(items, answer, used);
    items[used] = '\0';
    used = 0;
    if (!lines || (free_from >= 0 && subtotal >= free_from))
        shipping = 0;
    say("{\"success\":true,%s\"cart\":{\"id\":%s,\"item_count\":%lld,\"subtotal\":\"%lld.%02lld\","
        "\"discount\":\"0.00\",\"shipping\":\"%lld.%02lld\",\"total\":\"%lld.%02lld\","
        "\"currency\":\"TRY\",\"coupon_code\":null,\"shipping_method_id\":%s,\"items\":[%s]}}",
        message, head[0], pieces, subtotal / 100, subtotal % 100, shipping / 100, shipping % 100,
        (subtotal + shipping) / 100, (subtotal + shipping) % 100, head[1], items);
    return true;
}

static bool session_hash(const FCGX_Request *in, uint8_t hash[SHA256_DIGEST_LENGTH])
{
    static const char name[] = "vezne_session=", digits[] = "0123456789abcdef";
    const char *cookie = FCGX_GetParam("HTTP_COOKIE", in->envp);
    uint8_t raw[TOKEN / 2];

    cookie = cookie == NULL ? NULL : strstr(cookie, name);
    if (cookie == NULL || strlen(cookie += strlen(name)) < TOKEN)
        return false;
    for (int i = 0; i < TOKEN; i += 2) {
        const char *a = strchr(digits, cookie[i]), *b = strchr(digits, cookie[i + 1]);
        if (a == NULL || b == NULL)
            return false;
        raw[i / 2] = (uint8_t)((a - digits) << 4 | (b - digits));
    }
    SHA256(raw, sizeof(raw), hash);
    return true;
}

static bool answer_view(const FCGX_Request *in)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    if (!session_hash(in, hash))
        return false;
    MYSQL_BIND p[] = {number(&tenant), bytes(hash, sizeof(hash))};
    return run(&view, p) && answer_cart(&view, "");
}

static bool add(const uint8_t hash[SHA256_DIGEST_LENGTH], const char *id, const int64_t *quantity)
{
    MYSQL_BIND session[] = {number(&tenant), bytes(hash, SHA256_DIGEST_LENGTH)};
    MYSQL_BIND wanted[] = {number(&tenant), bytes(id, UUID)};

    if (!run(&begin, NULL) || !run(&lock, session) || !next(&lock))
        return false;
    MYSQL_BIND line[] = {number(&tenant), bytes(lock.text[0], UUID), wanted[1], number(quantity)};
    MYSQL_BIND whole[] = {number(&tenant), bytes(lock.text[0], UUID)};
    mysql_stmt_free_result(lock.s);
    if (!run(&product, wanted) || !next(&product))
        return false;
    bool enough = strtoll(product.text[0], NULL, 10) >= *quantity;
    mysql_stmt_free_result(product.s);
    return enough && run(&put, line) && run(&cart, whole) &&
           answer_cart(&cart, "\"message\":\"Ürün sepete eklendi.\",") && run(&commit, NULL);
}

static bool answer_add(const FCGX_Request *in)
{
    static const char id[] = "\"product_id\":\"", count[] = "\"quantity\":";
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char body[BODY];
    int n = FCGX_GetStr(body, BODY - 1, in->in);

    body[n < 0 ? 0 : n] = '\0';
    const char *product_id = strstr(body, id), *pieces = strstr(body, count);
    if (!session_hash(in, hash) || product_id == NULL || pieces == NULL ||
        strlen(product_id += strlen(id)) < UUID)
        return false;
    const int64_t quantity = strtoll(pieces + strlen(count), NULL, 10);
    if (add(hash, product_id, &quantity))
        return true;
    mysql_query(conn, "ROLLBACK");
    return false;
}

static bool answer_any(const FCGX_Request *in)
{
    const char *path = FCGX_GetParam("SCRIPT_NAME", in->envp);

    used = 0;
    if (path == NULL)
        return false;
    if (strstr(path, "/track/") != NULL)
        return answer_track(path);
    return strstr(path, "/add/") != NULL ? answer_add(in) : answer_view(in);
}

int main(void)
{
    FCGX_Request in;

    connect_database();
    FCGX_Init();
    FCGX_InitRequest(&in, 0, 0);
    while (FCGX_Accept_r(&in) == 0) {
        if (!answer_any(&in)) {
            used = 0;
            FCGX_FPrintF(in.out, "Status: 500 Failed\r\n");
            say("{}");
        }
        FCGX_FPrintF(in.out, "Content-Type: application/json; charset=utf-8\r\n\r\n");
        FCGX_PutStr(answer, (int)used, in.out);
        FCGX_Finish_r(&in);
    }
    return 0;
}
