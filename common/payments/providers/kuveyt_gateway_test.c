#include "payments/providers/kuveyt_gateway.h"

#include <string.h>

#include "payments/providers/kuveyt.h"
#include "test.h"

static struct arena *mem;
static const char allowed[] = "127.0.0.1:8081";
static const char json[] = "application/json";

#define URL  "\"payment_url\":\"https://pay.example.com/r/1\""
#define TRX  "\"transaction_id\":\"TRX1\""
#define LONG "1234567890123456789012345678901234567890123456789012345678901234"
#define LINE_ \
    "yüz karakterlik bir satır: yüz karakterlik bir satır: yüz karakterlik bir satır: yüz kar"

static struct http_answer answered(int status, const char *type, const char *body)
{
    return (struct http_answer){.fate = HTTP_ANSWERED,
                                .status = status,
                                .content_type = type,
                                .body = body,
                                .body_len = strlen(body),
                                .why = "ok"};
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* ---- create ---- */

#define not_created NULL

static const struct {
    int status;
    const char *type, *body;
    enum heard heard;
    const char *code, *text;
} create_cases[] = {
    {200, json,        "{" URL "," TRX "}",                                      HEARD_WAITING,  NULL,           NULL       },
    {200, json,        "{" URL "," TRX ",\"more\":[1,{}]}",                      HEARD_WAITING,  NULL,           NULL       },
    {200, json,        "{\"payment_url\":\"http://127.0.0.1:8081/r\"," TRX "}",  HEARD_WAITING,  NULL,           NULL       },
    {200, json,        "{" URL ",\"transaction_id\":\"" LONG "\"}",              HEARD_WAITING,  NULL,           NULL       },
    {200, json,        "{" URL ",\"transaction_id\":\"" LONG "5\"}",             HEARD_UNKNOWN,  "incomplete",   NULL       },
    {200, json,        "{" URL ",\"transaction_id\":\"\"}",                      HEARD_UNKNOWN,  "incomplete",   NULL       },
    {200, json,        "{" URL ",\"transaction_id\":\"A/../B\"}",                HEARD_UNKNOWN,  "incomplete",   NULL       },
    {200, json,        "{" URL ",\"transaction_id\":7}",                         HEARD_UNKNOWN,  "incomplete",   NULL       },
    {200, json,        "{" URL ",\"transaction_id\":null}",                      HEARD_UNKNOWN,  "incomplete",   NULL       },
    {200, json,        "{" URL "}",                                              HEARD_UNKNOWN,  "incomplete",   NULL       },
    {200, json,        "{" TRX "}",                                              HEARD_UNKNOWN,  "incomplete",   NULL       },
    {200, json,        "{" TRX ",\"payment_url\":[\"https://a.example.com\"]}",  HEARD_UNKNOWN,
     "incomplete",                                                                                               NULL       },
    {200, json,        "{" TRX ",\"payment_url\":\"javascript:alert(1)\"}",      HEARD_UNKNOWN,  "payment_url",
     NULL                                                                                                                   },
    {200, json,        "{" TRX ",\"payment_url\":\"http://pay.example.com/r\"}", HEARD_UNKNOWN,
     "payment_url",                                                                                              NULL       },
    {200, json,        "{" TRX ",\"payment_url\":\"http://127.0.0.1:8082/r\"}",  HEARD_UNKNOWN,
     "payment_url",                                                                                              NULL       },
    {200, json,        "{" TRX ",\"payment_url\":\"https://a:b@example.com/\"}", HEARD_UNKNOWN,
     "payment_url",                                                                                              NULL       },
    {200, json,        "{" TRX ",\"payment_url\":\"https://a.com/\\r\\nX: 1\"}", HEARD_UNKNOWN,
     "incomplete",                                                                                               NULL       },
    {200, json,        "{" URL "," TRX ",}",                                     HEARD_UNKNOWN,  "http_200",     NULL       },
    {200, json,        "{" URL "," TRX "," TRX "}",                              HEARD_UNKNOWN,  "http_200",     NULL       },
    {200, json,
     "["
     "{" URL "," TRX "}]",
     HEARD_UNKNOWN,                                                                              "http_200",     NULL       },
    {200, json,        "",                                                       HEARD_UNKNOWN,  "http_200",     NULL       },
    {200, "text/html", "{" URL "," TRX "}",                                      HEARD_UNKNOWN,  "http_200",     NULL       },
    {200, "",          "{" URL "," TRX "}",                                      HEARD_UNKNOWN,  "http_200",     NULL       },
    {201, json,        "{" URL "," TRX "}",                                      HEARD_UNKNOWN,  "http_201",     NULL       },
    {302, json,        "{" URL "," TRX "}",                                      HEARD_UNKNOWN,  "http_302",     NULL       },
    {400, json,        "{\"error\":\"Kart limiti yetersiz.\"}",                  HEARD_DECLINED, "http_400",
     "Kart limiti yetersiz."                                                                                                },
    {400, json,        "{}",                                                     HEARD_DECLINED, "http_400",     not_created},
    {400, json,        "{\"error\":\"\"}",                                       HEARD_DECLINED, "http_400",     not_created},
    {400, json,        "{\"error\":null}",                                       HEARD_DECLINED, "http_400",     not_created},
    {400, json,        "{\"error\":{\"a\":1}}",                                  HEARD_DECLINED, "http_400",     not_created},
    {400, json,        "{\"error\":\"iki\\nsatır\"}",                           HEARD_DECLINED, "http_400",     not_created},
    {400, json,        "{\"error\":\"" LINE_ LINE_ LINE_ "\"}",                  HEARD_DECLINED, "http_400",
     LINE_ LINE_ LINE_                                                                                                      },
    {400, json,        "{\"error\":\"" LINE_ LINE_ LINE_ LINE_ "\"}",            HEARD_DECLINED, "http_400",
     not_created                                                                                                            },
    {400, json,        "{\"error\":\"\xff\"}",                                   HEARD_UNKNOWN,  "http_400",     NULL       },
    {400, "text/html", "<p>no</p>",                                              HEARD_UNKNOWN,  "http_400",     NULL       },
    {401, json,        "{\"error\":\"Geçersiz API anahtarı.\"}",               HEARD_DECLINED, "unauthorized",
     not_created                                                                                                            },
    {403, "text/html", "<p>no</p>",                                              HEARD_DECLINED, "unauthorized", not_created},
    {408, json,        "{\"error\":\"x\"}",                                      HEARD_UNKNOWN,  "http_408",     NULL       },
    {422, json,        "{\"error\":\"x\"}",                                      HEARD_DECLINED, "http_422",     "x"        },
    {425, json,        "{\"error\":\"x\"}",                                      HEARD_UNKNOWN,  "http_425",     NULL       },
    {429, json,        "{\"error\":\"x\"}",                                      HEARD_UNKNOWN,  "http_429",     NULL       },
    {500, json,        "{\"error\":\"x\"}",                                      HEARD_UNKNOWN,  "http_500",     NULL       },
    {503, "text/html", "",                                                       HEARD_UNKNOWN,  "http_503",     NULL       },
};

static void create(void)
{
    for (size_t i = 0; i < COUNT(create_cases); i++) {
        const struct http_answer a =
            answered(create_cases[i].status, create_cases[i].type, create_cases[i].body);
        struct news n = {0};
        gateway_read_create(mem, allowed, &a, &n);
        CHECK_THAT(n.heard == create_cases[i].heard, "case %zu: %s", i, heard_names[n.heard]);
        CHECK_THAT(same_text(n.code, create_cases[i].code), "case %zu: %s", i, n.code);
        CHECK_THAT(same_text(n.text, create_cases[i].text), "case %zu: %s", i, n.text);
        bool waits = create_cases[i].heard == HEARD_WAITING;
        CHECK_THAT((n.payment_url != NULL) == waits && (n.provider_ref != NULL) == waits,
                   "case %zu", i);
        CHECK_THAT(n.code == NULL || strlen(n.code) <= 64, "case %zu", i);
    }
}

/* ---- verify ---- */

enum { NOT_TOLD = -1 };

static const struct {
    int status;
    const char *body;
    enum heard heard;
    int64_t kurus;
    const char *text;
} verify_cases[] = {
    {200, "{\"status\":\"success\"}",                                    HEARD_SUCCEEDED, NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":150.00}",                  HEARD_SUCCEEDED, 15000,    NULL},
    {200, "{\"status\":\"success\",\"amount\":\"150.00\"}",              HEARD_SUCCEEDED, 15000,    NULL},
    {200, "{\"status\":\"success\",\"amount\":150}",                     HEARD_SUCCEEDED, 15000,    NULL},
    {200, "{\"status\":\"success\",\"amount\":5.56}",                    HEARD_SUCCEEDED, 556,      NULL},
    {200, "{\"status\":\"success\",\"amount\":1.1}",                     HEARD_SUCCEEDED, 110,      NULL},
    {200, "{\"status\":\"success\",\"amount\":null}",                    HEARD_SUCCEEDED, NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":1.505}",                   HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":1.5e2}",                   HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":-150}",                    HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":\"150,00\"}",              HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":\"\"}",                    HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":true}",                    HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"amount\":[150]}",                   HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"currency\":949}",                   HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"currency\":\"\"}",                  HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"reference\":[\"R1\"]}",             HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"reference\":\"" LONG "5\"}",        HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"mode\":1}",                         HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"mode\":\"sandbox\"}",               HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"transaction_id\":\"a b\"}",         HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\",\"transaction_id\":{}}",              HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"failed\"}",                                     HEARD_DECLINED,  NOT_TOLD, NULL},
    {200, "{\"status\":\"failed\",\"error\":\"Kart limiti yetersiz.\"}", HEARD_DECLINED,  NOT_TOLD,
     "Kart limiti yetersiz."                                                                            },
    {200, "{\"status\":\"failed\",\"error\":[]}",                        HEARD_DECLINED,  NOT_TOLD, NULL},
    {200, "{\"status\":\"failed\",\"amount\":\"x\"}",                    HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"pending\",\"amount\":\"1.00\"}",                HEARD_WAITING,   100,      NULL},
    {200, "{\"status\":\"SUCCESS\"}",                                    HEARD_WAITING,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success \"}",                                   HEARD_WAITING,   NOT_TOLD, NULL},
    {200, "{\"status\":\"\"}",                                           HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":true}",                                           HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":null}",                                           HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{}",                                                          HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"success\"",                                     HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "{\"status\":\"pending\",\"status\":\"success\"}",             HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {200, "null",                                                        HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {404, "{\"error\":\"Ödeme bulunamadı.\"}",                         HEARD_NOT_FOUND, NOT_TOLD, NULL},
    {404, "<html>not found</html>",                                      HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {400, "{\"status\":\"failed\"}",                                     HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {401, "{\"error\":\"x\"}",                                           HEARD_UNKNOWN,   NOT_TOLD, NULL},
    {500, "{\"status\":\"success\"}",                                    HEARD_UNKNOWN,   NOT_TOLD, NULL},
};

static void verify(void)
{
    for (size_t i = 0; i < COUNT(verify_cases); i++) {
        const struct http_answer a = answered(verify_cases[i].status, json, verify_cases[i].body);
        struct news n = {0};
        gateway_read_verify(mem, &a, &n);
        CHECK_THAT(n.heard == verify_cases[i].heard, "%s", verify_cases[i].body);
        CHECK_THAT(n.tells_amount == (verify_cases[i].kurus != NOT_TOLD), "%s",
                   verify_cases[i].body);
        if (n.tells_amount)
            CHECK_THAT(money_cmp(n.amount, KURUS(verify_cases[i].kurus)) == 0, "%s",
                       verify_cases[i].body);
        CHECK_THAT(same_text(n.text, verify_cases[i].text), "%s", verify_cases[i].body);
    }
}

static void verify_tells_all(void)
{
    const struct http_answer a = answered(
        200, json,
        "{\"status\":\"success\",\"transaction_id\":\"TRX9\",\"amount\":\"12.50\",\"currency\":"
        "\"TRY\",\"order_id\":\"ORD-1\",\"reference\":\"R-1\",\"mode\":\"live\"}");
    struct news n = {0};

    gateway_read_verify(mem, &a, &n);
    CHECK_THAT(n.heard == HEARD_SUCCEEDED, "%s", heard_names[n.heard]);
    CHECK_THAT(same_text(n.provider_ref, "TRX9"), "%s", n.provider_ref);
    CHECK_THAT(same_text(n.currency, "TRY") && same_text(n.reference, "R-1"), "%s", n.reference);
    CHECK_THAT(n.tells_mode && n.mode == MODE_LIVE, "%d", n.mode);
    CHECK_THAT(n.tells_amount && money_cmp(n.amount, KURUS(1250)) == 0, "amount");
}

/* ---- No answer, and the probe ---- */

static void no_answer(void)
{
    const struct http_answer refused = {
        .fate = HTTP_NOT_SENT, .content_type = "", .body = "", .why = "connect"};
    const struct http_answer lost = {
        .fate = HTTP_UNKNOWN, .content_type = "", .body = "", .why = "timeout"};
    struct news n;

    gateway_read_create(mem, allowed, &refused, &n);
    CHECK_THAT(n.heard == HEARD_NOT_SENT && same_text(n.code, "connect"), "%s", n.code);
    gateway_read_create(mem, allowed, &lost, &n);
    CHECK_THAT(n.heard == HEARD_UNKNOWN && same_text(n.code, "timeout"), "%s", n.code);
    gateway_read_verify(mem, &refused, &n);
    CHECK_THAT(n.heard == HEARD_NOT_SENT && same_text(n.code, "connect"), "%s", n.code);
    gateway_read_verify(mem, &lost, &n);
    CHECK_THAT(n.heard == HEARD_UNKNOWN && same_text(n.code, "timeout"), "%s", n.code);
}

static const struct {
    enum http_fate fate;
    const char *why;
    int status;
    const char *body, *word;
} probe_cases[] = {
    {HTTP_ANSWERED, "ok",              404, "{\"error\":\"x\"}",        NULL          },
    {HTTP_ANSWERED, "ok",              200, "{\"status\":\"pending\"}", NULL          },
    {HTTP_ANSWERED, "ok",              404, "<html>",                   "unexpected"  },
    {HTTP_ANSWERED, "ok",              200, "<html>",                   "unexpected"  },
    {HTTP_ANSWERED, "ok",              302, "",                         "unexpected"  },
    {HTTP_ANSWERED, "ok",              401, "{}",                       "unauthorized"},
    {HTTP_ANSWERED, "ok",              403, "<html>",                   "unauthorized"},
    {HTTP_ANSWERED, "ok",              429, "{}",                       "unexpected"  },
    {HTTP_ANSWERED, "ok",              500, "{}",                       "server_error"},
    {HTTP_ANSWERED, "ok",              503, "<html>",                   "server_error"},
    {HTTP_NOT_SENT, "dns",             0,   "",                         "unreachable" },
    {HTTP_NOT_SENT, "connect",         0,   "",                         "unreachable" },
    {HTTP_NOT_SENT, "tls",             0,   "",                         "tls"         },
    {HTTP_NOT_SENT, "address_refused", 0,   "",                         "refused"     },
    {HTTP_NOT_SENT, "url_refused",     0,   "",                         "refused"     },
    {HTTP_NOT_SENT, "header_refused",  0,   "",                         "unexpected"  },
    {HTTP_UNKNOWN,  "timeout",         0,   "",                         "timeout"     },
    {HTTP_UNKNOWN,  "cut",             0,   "",                         "unexpected"  },
    {HTTP_UNKNOWN,  "too_big",         0,   "",                         "unexpected"  },
};

static void probe(void)
{
    for (size_t i = 0; i < COUNT(probe_cases); i++) {
        struct http_answer a = answered(probe_cases[i].status, json, probe_cases[i].body);
        a.fate = probe_cases[i].fate;
        a.why = probe_cases[i].why;
        const char *word = gateway_read_probe(mem, &a);
        CHECK_THAT(same_text(word, probe_cases[i].word), "case %zu: %s", i, word);
    }
}

/* ---- Without a call ---- */

static const struct {
    const char *endpoint, *config, *of_attempt, *driver;
} driver_cases[] = {
    {"https://boa.kuveytturk.com.tr/x", "{}",                              NULL,      "secure_payment"},
    {"https://kuveytturk.com.tr",       "{}",                              NULL,      "secure_payment"},
    {"https://notkuveytturk.com.tr",    "{}",                              NULL,      "gateway"       },
    {"https://kuveytturk.com.tr.a.com", "{}",                              NULL,      "gateway"       },
    {"https://pay.example.com/payment", "{}",                              NULL,      "gateway"       },
    {"https://pay.example.com/payment", "{\"driver\":null}",               NULL,      "gateway"       },
    {"https://boa.kuveytturk.com.tr",   "{\"driver\":\"gateway\"}",        NULL,      "gateway"       },
    {"https://pay.example.com/payment", "{\"driver\":\"vpos_3d\"}",        NULL,      "vpos_3d"       },
    {"https://pay.example.com/payment", "{\"driver\":\"secure_payment\"}", "gateway", "gateway"       },
    {"https://pay.example.com/payment", "{\"driver\":\"ş\"}",             NULL,      "unknown"       },
    {"https://pay.example.com/payment", "{\"driver\":7}",                  NULL,      "unknown"       },
};

/* A reference that may not be asked about comes back from the gateway without a call. */
static void driver(void)
{
    for (size_t i = 0; i < COUNT(driver_cases); i++) {
        struct json_object *config = json_tokener_parse(driver_cases[i].config);
        const struct provider_account account = {.endpoint = driver_cases[i].endpoint,
                                                 .driver = driver_cases[i].of_attempt,
                                                 .config = config};
        const struct provider_env env = {.mem = mem, .account = &account};
        const struct provider_payment p = {.reference = "a/../b"};
        const char *name = provider_kuveyt.driver(&env);
        bool have = strcmp(name, "gateway") == 0;
        struct news n = {0};
        CHECK_THAT(strcmp(name, driver_cases[i].driver) == 0, "case %zu: %s", i, name);
        provider_kuveyt.ask(&env, &p, &n);
        CHECK_THAT(n.heard == HEARD_NOT_SENT, "case %zu: %s", i, heard_names[n.heard]);
        CHECK_THAT(same_text(n.code, have ? "bad_reference" : "driver_unsupported"), "case %zu: %s",
                   i, n.code);
        json_object_put(config);
    }
}

static void by_name(void)
{
    CHECK_THAT(provider_by_name("kuveyt") == &provider_kuveyt, "kuveyt");
    CHECK_THAT(provider_by_name("kuwait") == &provider_kuveyt, "kuwait");
    CHECK_THAT(provider_by_name("Kuveyt") == NULL && provider_by_name("") == NULL, "others");
    CHECK_THAT(provider_kuveyt.refund == NULL && !provider_kuveyt.start_takes_money, "P0");
}

int main(void)
{
    mem = arena_new(4 << 20);
    RUN(create);
    RUN(verify);
    RUN(verify_tells_all);
    RUN(no_answer);
    RUN(probe);
    RUN(driver);
    RUN(by_name);
    arena_free(mem);
    return test_result();
}
