#define _GNU_SOURCE /* memmem() */
#include "integrations/integrations.h"

#include <string.h>
#include <unistd.h>

#include "integrations/integrations_sql.h"
#include "tenants/tenants.h"
#include "test.h"

#define KEY    "anahtar-0123456789-WXYZ"
#define SECRET "gizli-0123456789"
#define HOST   "https://pay.example.com/payment"
#define TEST   "https://test.example.com/payment"

/* What an attacker with the database, but without the key, could do. */
SQL_EXEC(sql_swap_secrets, "UPDATE credentials SET api_key = api_secret, api_secret = api_key"
                           " WHERE tenant_id = ? AND id = ?");
SQL_EXEC(sql_paste_key, "UPDATE credentials c, credentials d SET c.api_key = d.api_key"
                        " WHERE c.tenant_id = ? AND c.id = ? AND d.tenant_id = ? AND d.id = ?");

static struct process process;
static struct db *db;
static struct tenant_id shop, other;
static struct utc now = {1767225600000000}; /* 2026-01-01; a second later with each new one */
static struct integration_faults faults;

static struct integration_request request(const char *name)
{
    return (struct integration_request){
        .provider_type = "kuveyt", .name = name, .status = INTEGRATION_STATUS_COUNT};
}

static enum err create(const struct integration_request *req, struct integration *out)
{
    now = utc_add_seconds(now, 1);
    return integration_create(&process, shop, now, req, &faults, out);
}

static enum err change(const struct integration *i, const struct integration_request *req,
                       struct integration *out)
{
    return integration_change(&process, shop, now, &i->id, req, &faults, out);
}

/* With key and secret, in test mode. */
static struct integration made(const char *name)
{
    struct integration_request req = request(name);
    struct integration out;

    req.status = INTEGRATION_TEST_MODE;
    req.api_key = KEY;
    req.api_secret = SECRET;
    req.api_endpoint = HOST;
    req.test_endpoint = TEST;
    CHECK_THAT(create(&req, &out) == OK, "%s: %s", name, faults.n > 0 ? faults.list[0].field : "");
    return out;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static enum err open_account(struct tenant_id tenant, const struct credential_id *id,
                             struct provider_account *out)
{
    return integration_account(db, process.keys, tenant, id, MODE_TEST, TEST, "{\"a\":1}", out);
}

static void smallest(void)
{
    struct integration_request req = request("En küçük");
    struct integration i;

    CHECK_THAT(create(&req, &i) == OK, "create");
    CHECK_THAT(i.status == INTEGRATION_INACTIVE && same(i.config, "{}") && same(i.description, ""),
               "%s", i.config);
    CHECK_THAT(i.api_endpoint == NULL && i.test_endpoint == NULL && i.endpoint == NULL, "endpoint");
    CHECK_THAT(!i.api_key_set && !i.api_secret_set && i.api_key_last4 == NULL, "secrets");
    CHECK_THAT(utc_cmp(i.created_at, now) == 0 && i.last_used_at.us == 0 && i.last_error == NULL,
               "times");
    req.provider_type = "iyzico";
    CHECK_THAT(create(&req, &i) == E_BAD_INPUT && same(faults.list[0].field, "provider_type"),
               "type");
}

static void names(void)
{
    struct integration a = made("Ad"), b;
    struct integration_request req = request("Ad");

    CHECK_THAT(create(&req, &b) == E_INTEGRATION_NAME, "taken");
    req.provider_type = "kuwait";
    CHECK_THAT(create(&req, &b) == E_INTEGRATION_NAME, "old spelling");
    req.provider_type = "paytr";
    CHECK_THAT(create(&req, &b) == OK && same(b.provider_type, "paytr"), "another type");
    req = request("Başka");
    CHECK_THAT(create(&req, &b) == OK, "another name");
    req.name = "Ad";
    CHECK_THAT(change(&b, &req, &b) == E_INTEGRATION_NAME, "renamed to a taken one");
    CHECK_THAT(integration_delete(db, shop, now, &a.id) == OK, "delete");
    CHECK_THAT(integration_delete(db, shop, now, &a.id) == E_NO_INTEGRATION_ID, "twice");
    CHECK_THAT(integration_read(db, shop, &a.id, &b) == E_NO_INTEGRATION_ID, "deleted");
    CHECK_THAT(integration_by_id(db, shop, &a.id, &b) == OK && same(b.name, "Ad"), "for old ones");
    a = made("Ad");
    CHECK_THAT(integration_delete(db, shop, now, &a.id) == OK, "the name is free again");
}

static void other_tenant(void)
{
    struct integration i = made("Bizim"), out;
    struct integration_request req = request("Onların");
    struct provider_account account;

    CHECK_THAT(integration_read(db, other, &i.id, &out) == E_NO_INTEGRATION_ID, "read");
    CHECK_THAT(integration_by_id(db, other, &i.id, &out) == E_NO_INTEGRATION_ID, "by id");
    CHECK_THAT(integration_delete(db, other, now, &i.id) == E_NO_INTEGRATION_ID, "delete");
    CHECK_THAT(integration_change(&process, other, now, &i.id, &req, &faults, &out) ==
                   E_NO_INTEGRATION_ID,
               "change");
    CHECK_THAT(open_account(other, &i.credential_id, &account) == E_SEALED, "secrets");
    CHECK_THAT(integration_for_payment(db, other, "kuveyt", &out) == E_NO_INTEGRATION, "payment");
    CHECK_THAT(same(err_detail(), "kuveyt"), "%s", err_detail());
    CHECK_THAT(integration_delete(db, shop, now, &i.id) == OK, "delete");
}

static const struct {
    enum integration_status status;
    const char *api_endpoint, *test_endpoint, *key, *config;
    const char *field; /* NULL = fine */
} fault_cases[] = {
    {INTEGRATION_TEST_MODE, NULL,                     NULL,                 KEY,      NULL,                                            "test_endpoint"    },
    {INTEGRATION_TEST_MODE, HOST,                     "",                   KEY,      NULL,                                            "test_endpoint"    },
    {INTEGRATION_TEST_MODE, NULL,                     TEST,                 NULL,     NULL,                                            NULL               },
    {INTEGRATION_ACTIVE,    NULL,                     TEST,                 KEY,      NULL,                                            "api_endpoint"     },
    {INTEGRATION_ACTIVE,    HOST,                     TEST,                 NULL,     NULL,                                            "api_key"          },
    {INTEGRATION_ACTIVE,    HOST,                     TEST,                 "",       NULL,                                            "api_key"          },
    {INTEGRATION_ACTIVE,    HOST,                     NULL,                 KEY,      NULL,                                            NULL               },
    {INTEGRATION_INACTIVE,  HOST,                     NULL,                 "a b",    NULL,                                            "api_key"          },
    {INTEGRATION_INACTIVE,  HOST,                     NULL,                 "şifre", NULL,                                            "api_key"          },
    {INTEGRATION_INACTIVE,  HOST,                     NULL,                 KEY,      "{\"return_url\":\"https://a.com/{order_id}\"}", NULL               },
    {INTEGRATION_INACTIVE,  HOST,                     NULL,                 KEY,      "{\"return_url\":\"javascript:alert(1)\"}",
     "config.return_url"                                                                                                                                  },
    {INTEGRATION_INACTIVE,  HOST,                     NULL,                 KEY,      "{\"return_url\":7}",                            "config.return_url"},
    {INTEGRATION_INACTIVE,  HOST,                     NULL,                 KEY,      "{\"cancel_url\":\"http://a.com/\"}",
     "config.cancel_url"                                                                                                                                  },
    {INTEGRATION_INACTIVE,  HOST,                     NULL,                 KEY,      "{\"cancel_url\":null,\"driver\":\"gateway\"}",  NULL               },
    {INTEGRATION_INACTIVE,  "http://pay.example.com", NULL,                 KEY,      NULL,                                            "api_endpoint"     },
    {INTEGRATION_INACTIVE,  "https://127.0.0.1",      NULL,                 KEY,      NULL,                                            "api_endpoint"     },
    {INTEGRATION_INACTIVE,  HOST,                     "https://10.0.0.1/x", KEY,      NULL,                                            "test_endpoint"    },
    {INTEGRATION_INACTIVE,  HOST,                     "https://a.com:8443", KEY,      NULL,                                            "test_endpoint"    },
    {INTEGRATION_INACTIVE,  "ftp://a.com",            "https://a.com/?x=1", KEY,      NULL,                                            "api_endpoint"     },
};

static void wrong_requests(void)
{
    for (size_t i = 0; i < COUNT(fault_cases); i++) {
        struct integration_request req = request(arena_printf(process.mem, "Durum %zu", i));
        struct integration out;
        req.status = fault_cases[i].status;
        req.api_endpoint = fault_cases[i].api_endpoint;
        req.test_endpoint = fault_cases[i].test_endpoint;
        req.api_key = fault_cases[i].key;
        if (fault_cases[i].config != NULL)
            req.config = json_tokener_parse(fault_cases[i].config);
        enum err e = create(&req, &out);
        bool fine = fault_cases[i].field == NULL;
        CHECK_THAT(e == (fine ? OK : E_BAD_INPUT), "case %zu: %s", i, err_info(e)->code);
        CHECK_THAT(fine ? faults.n == 0 : faults.n > 0, "case %zu", i);
        if (!fine && faults.n > 0)
            CHECK_THAT(same(faults.list[0].field, fault_cases[i].field), "case %zu: %s", i,
                       faults.list[0].field);
        json_object_put(req.config);
    }
}

static void config_size(void)
{
    struct integration_request req = request("Ayar");
    struct integration out;
    char text[INTEGRATION_CONFIG_MAX];

    memset(text, 'x', sizeof(text));
    /* {"a":"..."} is eight bytes and the text. */
    req.config = json_object_new_object();
    json_object_object_add(req.config, "a", json_object_new_string_len(text, sizeof(text) - 8));
    CHECK_THAT(create(&req, &out) == OK && strlen(out.config) == INTEGRATION_CONFIG_MAX, "most");
    json_object_object_add(req.config, "a", json_object_new_string_len(text, sizeof(text) - 7));
    req.name = "Ayar 2";
    CHECK_THAT(create(&req, &out) == E_BAD_INPUT && same(faults.list[0].field, "config"), "more");
    json_object_put(req.config);
}

static void secrets(void)
{
    struct integration i = made("Gizli"), out;
    struct integration_request req = request(NULL);
    struct provider_account account;
    struct credential row;

    CHECK_THAT(same(i.api_key_last4, "WXYZ") && i.api_key_set && i.api_secret_set, "%s",
               i.api_key_last4);
    CHECK_THAT(credential_select(db, shop, &i.credential_id, &row) == OK, "row");
    CHECK_THAT(memmem(row.api_key.data, row.api_key.len, "anahtar", 7) == NULL, "in plain");
    CHECK_THAT(open_account(shop, &i.credential_id, &account) == OK, "open");
    CHECK_THAT(same(account.api_key, KEY) && same(account.api_secret, SECRET), "secrets");
    CHECK_THAT(same(account.endpoint, TEST) && account.mode == MODE_TEST, "as given");
    CHECK_THAT(json_object_object_length(account.config) == 1, "config");

    req.name = "Gizli 2"; /* no secret: the same credential */
    CHECK_THAT(change(&i, &req, &out) == OK && same(out.credential_id.text, i.credential_id.text),
               "rename");
    req.api_key = "kısa";
    CHECK_THAT(change(&i, &req, &out) == E_BAD_INPUT, "not ASCII");
    req.api_key = "kisa567";
    CHECK_THAT(change(&i, &req, &out) == OK && !same(out.credential_id.text, i.credential_id.text),
               "new key");
    CHECK_THAT(out.api_key_last4 == NULL && out.api_secret_set, "%s", out.api_key_last4);
    CHECK_THAT(open_account(shop, &out.credential_id, &account) == OK &&
                   same(account.api_key, "kisa567") && same(account.api_secret, SECRET),
               "the secret is carried over");
    CHECK_THAT(open_account(shop, &i.credential_id, &account) == OK && same(account.api_key, KEY),
               "the old ones stay");
    req = (struct integration_request){.status = INTEGRATION_STATUS_COUNT, .api_secret = "yeni"};
    CHECK_THAT(change(&i, &req, &out) == OK &&
                   open_account(shop, &out.credential_id, &account) == OK &&
                   same(account.api_key, "kisa567") && same(account.api_secret, "yeni"),
               "the key is carried over");
    struct credential_id none;
    uuid_new(none.text);
    CHECK_THAT(open_account(shop, &none, &account) == E_SEALED, "no such row");
}

static void pasted_secrets(void)
{
    struct integration a = made("Yapıştırma a"), b = made("Yapıştırma b");
    struct provider_account account;

    CHECK_THAT(db_exec(db, sql_paste_key, P(&shop), P(&a.credential_id), P(&shop),
                       P(&b.credential_id)) == OK,
               "paste");
    CHECK_THAT(open_account(shop, &a.credential_id, &account) == E_SEALED, "another row's");
    CHECK_THAT(db_exec(db, sql_swap_secrets, P(&shop), P(&b.credential_id)) == OK, "swap");
    CHECK_THAT(open_account(shop, &b.credential_id, &account) == E_SEALED, "another column's");
}

static void another_address(void)
{
    struct integration i = made("Adres"), out;
    struct integration_request req = request(NULL);
    struct provider_account account;

    req.test_endpoint = "https://evil.example.com";
    CHECK_THAT(change(&i, &req, &out) == E_SECRET_AGAIN, "test");
    req.api_secret = "yeni-gizli";
    CHECK_THAT(change(&i, &req, &out) == E_SECRET_AGAIN, "the other secret doesn't count");
    req = request(NULL);
    req.api_endpoint = "https://evil.example.com";
    CHECK_THAT(change(&i, &req, &out) == E_SECRET_AGAIN, "live");
    req.api_endpoint = "HTTPS://Pay.Example.com:443/payment/";
    CHECK_THAT(change(&i, &req, &out) == OK && same(out.api_endpoint, HOST), "%s is the same",
               out.api_endpoint);
    req.api_endpoint = "https://new.example.com";
    req.api_key = "yeni-anahtar";
    CHECK_THAT(change(&i, &req, &out) == OK && !out.api_secret_set, "the old secret stays here");
    CHECK_THAT(open_account(shop, &out.credential_id, &account) == OK &&
                   same(account.api_key, "yeni-anahtar") && account.api_secret == NULL,
               "account");

    req = request(NULL); /* not by two steps either */
    req.status = INTEGRATION_INACTIVE;
    req.test_endpoint = "";
    CHECK_THAT(change(&i, &req, &out) == OK && out.test_endpoint == NULL, "none at all");
    req.test_endpoint = "https://evil.example.com";
    CHECK_THAT(change(&i, &req, &out) == E_SECRET_AGAIN, "after none");
}

static void operators_addresses(void)
{
    static const char documented[] = "https://test-api.kuveyt.com/payment";
    struct conf conf = {.kuveyt_test_url = "", .kuveyt_live_url = ""};

    CHECK_THAT(same(integration_called_endpoint(&conf, documented), documented), "none set");
    conf.kuveyt_test_url = TEST;
    CHECK_THAT(same(integration_called_endpoint(&conf, documented), TEST), "stands in");
    CHECK_THAT(same(integration_called_endpoint(&conf, HOST), HOST), "for that one only");
}

static void for_payment(void)
{
    struct integration test = made("Ödeme test"), out;
    struct integration newer = made("Ödeme test 2");
    struct integration_request req = request(NULL);

    CHECK_THAT(integration_for_payment(db, shop, "kuwait", &out) == OK, "old spelling");
    req.status = INTEGRATION_ACTIVE;
    CHECK_THAT(change(&test, &req, &test) == OK, "active");
    CHECK_THAT(integration_for_payment(db, shop, "kuveyt", &out) == OK &&
                   out.status == INTEGRATION_ACTIVE && out.mode == MODE_LIVE &&
                   same(out.endpoint, HOST),
               "active before test mode");
    req.api_key = "baska-anahtar";
    CHECK_THAT(change(&newer, &req, &newer) == OK, "active");
    CHECK_THAT(integration_for_payment(db, shop, "kuveyt", &out) == OK &&
                   same(out.id.text, newer.id.text),
               "the newest");
    CHECK_THAT(integration_for_payment(db, shop, "iyzico", &out) == E_NO_INTEGRATION, "unknown");
}

static void no_key_no_payment(void)
{
    struct integration_request req = {.provider_type = "paytr",
                                      .name = "Anahtarsız",
                                      .status = INTEGRATION_TEST_MODE,
                                      .api_secret = SECRET,
                                      .test_endpoint = TEST};
    struct integration out;

    CHECK_THAT(create(&req, &out) == OK && out.api_secret_set && !out.api_key_set, "create");
    CHECK_THAT(integration_for_payment(db, shop, "paytr", &out) == E_NO_INTEGRATION, "no key");
}

static size_t count(const char *type, const char *status, int64_t limit,
                    const struct integration *after)
{
    const struct integration_filter f = {
        .provider_type = type,
        .status = status,
        .limit = limit,
        .before = after == NULL ? (struct utc){0} : after->created_at,
        .before_id = after == NULL ? NULL : after->id.text,
    };
    struct integration *rows;
    size_t n = 0;

    CHECK_THAT(integration_list(db, shop, &f, &rows, &n) == OK, "list");
    for (size_t i = 1; i < n; i++)
        CHECK_THAT(utc_cmp(rows[i - 1].created_at, rows[i].created_at) > 0, "newest first");
    return n;
}

static void lists(void)
{
    struct integration newest = made("En yeni");
    size_t all = count(NULL, NULL, 1000, NULL);

    CHECK_THAT(count(NULL, NULL, 1, NULL) == 1, "limit");
    CHECK_THAT(count(NULL, NULL, 1000, &newest) == all - 1, "cursor");
    CHECK_THAT(count("kuveyt", NULL, 1000, NULL) + count("paytr", NULL, 1000, NULL) == all,
               "types");
    CHECK_THAT(count("kuwait", NULL, 1000, NULL) == count("kuveyt", NULL, 1000, NULL), "spelling");
    CHECK_THAT(count(NULL, "active", 1000, NULL) + count(NULL, "inactive", 1000, NULL) +
                       count(NULL, "test_mode", 1000, NULL) ==
                   all,
               "status");
    CHECK_THAT(count("ş", NULL, 10, NULL) == 0 && count(NULL, "ş", 10, NULL) == 0, "unknown");
}

static void used(void)
{
    struct integration i = made("Kullanılan"), out;
    const struct integration_reason *failed = NULL;

    CHECK_THAT(integration_used(db, shop, &i.id, now, "Sunucuya ulaşılamadı.") == OK &&
                   integration_read(db, shop, &i.id, &out) == OK &&
                   same(out.last_error, "Sunucuya ulaşılamadı.") && out.last_used_at.us == 0,
               "%s", out.last_error);
    CHECK_THAT(integration_used(db, shop, &i.id, now, NULL) == OK &&
                   integration_read(db, shop, &i.id, &out) == OK && out.last_error == NULL &&
                   utc_cmp(out.last_used_at, now) == 0,
               "success");
    /* A loopback that nobody allowed, put there by hand. */
    i.test_endpoint = "https://127.0.0.1:1";
    CHECK_THAT(integration_update(db, shop, &i, now) == OK, "update");
    CHECK_THAT(integration_test(&process, shop, now, &i.id, &out, &failed) == OK &&
                   failed != NULL && same(failed->word, "refused"),
               "%s", failed == NULL ? "works" : failed->word);
    CHECK_THAT(integration_read(db, shop, &i.id, &out) == OK && failed != NULL &&
                   same(out.last_error, failed->tr),
               "%s", out.last_error);
}

static bool start(void)
{
    char why[512];

    if (!process_start(&process, "integrations_test", NEEDS_NO_KEY) || db_begin(process.db) != OK)
        return false;
    db = process.db;
    const char *path = arena_printf(process.mem, "%s.integrations", process.conf.master_key_file);
    bool made_key = keyring_create(path, why, sizeof(why));
    process.keys = made_key ? keyring_open(path, why, sizeof(why)) : NULL;
    if (process.keys == NULL)
        printf("%s\n", why);
    unlink(path);
    return process.keys != NULL && tenant_add(db, "integrations-a", "A", now, &shop) == OK &&
           tenant_add(db, "integrations-b", "B", now, &other) == OK;
}

int main(void)
{
    if (!start())
        return 1;
    RUN(smallest);
    RUN(names);
    RUN(other_tenant);
    RUN(wrong_requests);
    RUN(config_size);
    RUN(secrets);
    RUN(pasted_secrets);
    RUN(another_address);
    RUN(operators_addresses);
    RUN(for_payment);
    RUN(no_key_no_payment);
    RUN(lists);
    RUN(used);
    process_end(&process);
    return test_result();
}
