#include <stdio.h>
#include <string.h>

#include "accounts/accounts_sql.h"
#include "operator/demo_data.h"
#include "operator/operator.h"
#include "tenants/tenants.h"

/* What is there already stays as it is: a second run changes nothing. */
static enum err unless_there(enum err e)
{
    return e == E_DUPLICATE ? OK : e;
}

static enum err add_tenant(struct db *db, const struct demo_shop *shop, struct utc now,
                           struct tenant_id *out)
{
    struct tenant t;
    enum err e = tenant_by_code(db, shop->code, &t);

    if (e == E_NO_TENANT)
        return tenant_add(db, shop->code, shop->name, now, out);
    *out = t.id;
    return e;
}

static enum err add_user(struct db *db, struct tenant_id tenant, const struct demo_user *u,
                         struct utc now)
{
    const struct registration req = {.email = u->email,
                                     .password = DEMO_PASSWORD,
                                     .first_name = u->first_name,
                                     .last_name = u->last_name};
    struct user user;

    enum err e = user_by_email(db, tenant, u->email, &user);
    if (e != E_NOT_FOUND)
        return e;
    e = account_add(db, tenant, &req, u->role, u->agency_id, now, &user);
    return e == E_EMAIL_TAKEN ? OK : e; /* there, but switched off */
}

static enum err add_shop(struct db *db, const struct demo_shop *shop, struct utc now,
                         struct tenant_id *out)
{
    TRY(add_tenant(db, shop, now, out));
    for (const char *const *host = shop->hosts; *host != NULL; host++)
        TRY(unless_there(tenant_add_host(db, *out, *host)));
    for (const struct demo_user *u = shop->users; u->email != NULL; u++)
        TRY(add_user(db, *out, u, now));
    /* Lists show the newest first. */
    for (const struct demo_product *p = shop->products; p->name != NULL; p++)
        TRY(unless_there(
            demo_product_insert(db, *out, p, utc_add_seconds(now, shop->products - p))));
    for (const struct demo_shipping *s = shop->shipping; s->name != NULL; s++)
        TRY(unless_there(demo_shipping_insert(db, *out, s, now)));
    return OK;
}

static void seal(const struct process *p, struct tenant_id tenant, const struct credential_id *id,
                 const char *column, const char *secret, struct sealed *out)
{
    const struct envelope_place at = {"credentials", column, id->text, tenant.v};
    envelope_seal(p->keys, p->mem, &at, secret, out);
}

static enum err add_integration(struct process *p, struct tenant_id tenant, struct utc now)
{
    const struct conf *conf = &p->conf;
    bool live = conf->kuveyt_live_url[0] != '\0', test = conf->kuveyt_test_url[0] != '\0';
    struct demo_integration i = {
        .provider_type = "kuveyt",
        .name = "Kuveyt API - Demo",
        .description = "Test ortamı için",
        .live_url = live ? conf->kuveyt_live_url : "https://api.kuveyt.com/payment",
        .test_url = test ? conf->kuveyt_test_url : "https://test-api.kuveyt.com/payment",
        .config = arena_printf(p->mem,
                               "{\"return_url\":\"%s/payment/return\","
                               "\"cancel_url\":\"%s/payment/cancel\"}",
                               conf->base_url, conf->base_url),
        .api_key_last4 = "-key",
    };
    enum err e;

    uuid_new(i.id.text);
    uuid_new(i.credential.text);
    seal(p, tenant, &i.credential, "api_key", "test-api-key", &i.api_key);
    seal(p, tenant, &i.credential, "api_secret", "test-api-secret", &i.api_secret);
    DB_TX(p->db, &e)
        e = demo_integration_insert(p->db, tenant, &i, now);
    return e == E_DUPLICATE ? demo_integration_move(p->db, tenant, &i, now) : e;
}

static enum err add_all(struct process *p)
{
    struct tenant_id ids[COUNT(demo_shops)];
    struct utc now = process_now(p);

    TRY(db_begin(p->db));
    for (size_t i = 0; i < COUNT(demo_shops); i++)
        TRY(add_shop(p->db, &demo_shops[i], now, &ids[i]));
    return add_integration(p, ids[0], now);
}

int operator_demo(struct process *p, int argc, char **argv)
{
    (void)argv;
    if (argc != 0)
        return STATUS_USAGE;
    if (!p->conf.sandbox)
        return operator_says("demo data comes with known passwords: needs \"sandbox = yes\"");
    if (add_all(p) != OK)
        return operator_says("database: %s (is \"vezne migrate\" done?)", db_last_error(p->db));
    printf("demo data: tenants demo and rakip, password of all users " DEMO_PASSWORD "\n");
    return STATUS_OK;
}
