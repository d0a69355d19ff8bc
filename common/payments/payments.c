#include "payments/payments.h"

#include <string.h>

#include "base/log.h"
#include "integrations/integrations.h"
#include "orders/orders.h"
#include "payments/payments_sql.h"
#include "payments/purpose.h"
#include "payments/settle.h"

/* A row that is still `sending` so long after the call's own limit belongs to a dead worker. */
enum { SENDING_GRACE_S = 30 };

const char *const attempt_state_names[] = {
    [ATTEMPT_SENDING] = "sending",
    [ATTEMPT_WAITING] = "waiting",
    [ATTEMPT_UNKNOWN] = "unknown",
    [ATTEMPT_SUCCEEDED] = "succeeded",
    [ATTEMPT_DECLINED] = "declined",
    [ATTEMPT_VOID] = "void",
    NULL,
};
const char *const news_source_names[] = {
    [FROM_ANSWER] = "answer",
    [FROM_NOTICE] = "notice",
    [FROM_VERIFY] = "verify",
    [FROM_RESOLVER] = "resolver",
    NULL,
};

const char *payment_state_name(enum attempt_state s)
{
    switch (s) {
    case ATTEMPT_SENDING:
    case ATTEMPT_WAITING:
        return "pending";
    case ATTEMPT_UNKNOWN:
        return "processing";
    case ATTEMPT_SUCCEEDED:
        return "completed";
    case ATTEMPT_DECLINED:
        return "failed";
    case ATTEMPT_VOID:
        return "cancelled";
    }
    return "";
}

const char *payment_state_label(enum attempt_state s, bool english)
{
    switch (s) {
    case ATTEMPT_SENDING:
    case ATTEMPT_WAITING:
        return english ? "Pending" : "Beklemede";
    case ATTEMPT_UNKNOWN:
        return english ? "Processing" : "İşleniyor";
    case ATTEMPT_SUCCEEDED:
        return english ? "Completed" : "Tamamlandı";
    case ATTEMPT_DECLINED:
        return english ? "Failed" : "Başarısız";
    case ATTEMPT_VOID:
        return english ? "Cancelled" : "İptal Edildi";
    }
    return "";
}

struct cashier cashier_of(const struct process *p, struct utc now)
{
    return (struct cashier){
        .db = p->db, .http = p->http, .keys = p->keys, .conf = &p->conf, .now = now};
}

const char *attempt_transaction_id(const struct attempt *a)
{
    return a->provider_ref != NULL ? a->provider_ref : a->reference;
}

/* ---- Settling ---- */

static const char *news_code(const struct attempt *a, const struct news *news, enum settlement s)
{
    const char *differs = news_mismatch(a, news);

    if (s != SETTLE_MISMATCH)
        return news->code;
    return differs != NULL ? differs : "provider_ref"; /* see not_ours() */
}

/* Their reference turned out to be another attempt's: only the unique key could tell. */
static enum err not_ours(const struct cashier *k, const struct attempt *a, enum settlement *s)
{
    *s = SETTLE_MISMATCH;
    return attempt_set_flag(k->db, a, "mismatch", "provider_ref");
}

static enum err settle_paid(const struct cashier *k, const struct attempt *a,
                            const struct news *news, enum settlement *s)
{
    struct paid_effect effect = {0};
    enum err e = attempt_set_paid(k->db, a, news->provider_ref, k->now);

    if (e == E_DUPLICATE)
        return not_ours(k, a, s);
    TRY(e);
    if (db_changed(k->db) != 1)
        return E_DB_RETRY; /* not under our own row lock; look again */
    TRY(ledger_insert_capture(k->db, a, k->now));
    TRY(purpose_of(a)->paid(k->db, a, k->now, &effect));
    if (effect.flag == NULL && *s == SETTLE_LATE)
        effect.flag = "late_success";
    return attempt_set_effect(k->db, a, effect.pays, effect.flag);
}

/* The resolver has just asked; the others leave the resolver's own time alone, if it is sooner. */
static struct utc ask_again_at(const struct cashier *k, const struct attempt *a,
                               enum news_source source)
{
    struct utc next = next_ask(k->now, a->asks);
    if (next.us == 0)
        next = utc_add_seconds(k->now, 86400);
    bool sooner = a->next_ask_at.us != 0 && utc_cmp(a->next_ask_at, next) < 0;
    return source != FROM_RESOLVER && sooner && a->state != ATTEMPT_SENDING ? a->next_ask_at : next;
}

static enum err settle_waiting(const struct cashier *k, const struct attempt *a,
                               const struct news *news, enum news_source source, enum settlement *s)
{
    enum err e = attempt_set_waiting(k->db, a, news, ask_again_at(k, a, source));
    return e == E_DUPLICATE ? not_ours(k, a, s) : e;
}

static enum err settle_over(const struct cashier *k, const struct attempt *a,
                            const struct news *news, enum attempt_state state)
{
    TRY(attempt_set_over(k->db, a, state, news->code, news->text, k->now));
    return purpose_of(a)->declined(k->db, a, k->now);
}

/* *s becomes SETTLE_MISMATCH when that is what it comes to. */
static enum err carry_out(const struct cashier *k, const struct attempt *a, const struct news *news,
                          enum news_source source, enum settlement *s)
{
    switch (*s) {
    case SETTLE_KEEP:
        return OK;
    case SETTLE_WAITING:
        return settle_waiting(k, a, news, source, s);
    case SETTLE_UNKNOWN:
        return attempt_set_unknown(k->db, a, news->code, ask_again_at(k, a, source));
    case SETTLE_PAID:
    case SETTLE_LATE:
        return settle_paid(k, a, news, s);
    case SETTLE_DECLINED:
        return settle_over(k, a, news, ATTEMPT_DECLINED);
    case SETTLE_VOID:
        return settle_over(k, a, news, ATTEMPT_VOID);
    case SETTLE_MISMATCH:
        return attempt_set_flag(k->db, a, "mismatch", news_mismatch(a, news));
    case SETTLE_GIVE_UP:
        return attempt_set_flag(k->db, a, "unresolved", news->code);
    }
    return E_INTERNAL;
}

static enum err hear(const struct cashier *k, struct tenant_id tenant, const struct attempt_id *id,
                     enum news_source source, const struct news *news, struct attempt *out,
                     enum settlement *s)
{
    const struct settle_rules rules = {k->conf->void_after_s};

    TRY(attempt_get(k->db, tenant, id, out));
    TRY(purpose_of(out)->lock(k->db, out)); /* parents first */
    TRY(attempt_lock(k->db, tenant, id, out));
    *s = settle(out, news, source, k->now, &rules);
    TRY(carry_out(k, out, news, source, s));
    TRY(attempt_event_insert(k->db, out, k->now, source, news->heard, settlement_names[*s],
                             news_code(out, news, *s)));
    return attempt_get(k->db, tenant, id, out);
}

enum err payment_hear(const struct cashier *k, struct tenant_id tenant, const struct attempt_id *id,
                      enum news_source source, const struct news *news, struct attempt *out)
{
    enum settlement s = SETTLE_KEEP;
    enum err e;

    DB_TX(k->db, &e)
        e = hear(k, tenant, id, source, news, out, &s);
    if (e != OK)
        return e;
    log_line(LOG_INFO, "news", LOG_TENANT, tenant.v, LOG_PROVIDER, out->provider, LOG_REFERENCE,
             out->reference, LOG_STATE, attempt_state_names[out->state], LOG_CODE,
             settlement_names[s], LOG_NAME, news_source_names[source], LOG_END);
    return OK;
}

/* ---- Talking to the provider ---- */

static enum err open_account(const struct cashier *k, const struct attempt *a,
                             struct provider_account *out)
{
    struct integration in;

    TRY(integration_by_id(k->db, a->tenant_id, &a->integration_id, &in));
    TRY(integration_account(k->db, k->keys, a->tenant_id, &a->credential_id, a->mode, a->endpoint,
                            in.config, out));
    out->driver = a->driver;
    return OK;
}

static struct provider_env env_of(const struct cashier *k, const struct provider_account *account)
{
    return (struct provider_env){.http = k->http,
                                 .mem = db_arena(k->db),
                                 .account = account,
                                 .base_url = k->conf->base_url,
                                 .allowed_endpoints = k->conf->allowed_endpoints,
                                 .now = k->now};
}

static struct provider_payment payment_of(const struct attempt *a)
{
    return (struct provider_payment){.attempt_id = a->id.text,
                                     .reference = a->reference,
                                     .provider_ref = a->provider_ref,
                                     .amount = a->amount,
                                     .currency = a->currency};
}

enum err payment_ask(const struct cashier *k, const struct attempt *a, enum news_source source,
                     struct attempt *out)
{
    const struct provider *provider = provider_by_name(a->provider);
    struct provider_payment p = payment_of(a);
    struct provider_account account;
    struct news news = {.heard = HEARD_UNKNOWN};

    if (provider == NULL)
        return E_INTERNAL;
    TRY(purpose_of(a)->describe(k->db, a, &p));
    TRY(open_account(k, a, &account));
    const struct provider_env env = env_of(k, &account);
    provider->ask(&env, &p, &news);
    return payment_hear(k, a->tenant_id, &a->id, source, &news, out);
}

/* ---- Starting ---- */

static enum err may_pay(const struct payer *payer, const struct order *o)
{
    bool own = uuid_is_none(o->user_id.text) || strcmp(o->user_id.text, payer->user_id.text) == 0;
    if (!payer->is_staff && !own)
        return E_NO_ORDER;
    if (o->payment_status == PAYMENT_PAID || o->payment_status == PAYMENT_REFUNDED)
        return E_ALREADY_PAID;
    if (o->status != ORDER_PENDING)
        return err_say(E_ORDER_STATE, "%s", order_status_names[o->status]);
    return money_cmp(o->total, KURUS(0)) > 0 ? OK : E_NOTHING_TO_PAY;
}

/* Drawn anew each time the transaction runs. */
static void draw_numbers(struct arena *mem, const char *tenant_code, struct attempt *a)
{
    char *number = NEW_N(mem, char, NUMBER_TEXT);
    char random[17];

    public_number(number, "PAY", tenant_code);
    random_text(random, 16, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789");
    a->payment_number = number;
    a->reference = arena_printf(mem, "TRX%s", random);
}

static enum err write_intent(const struct cashier *k, struct tenant_id tenant,
                             const char *tenant_code, const struct payer *payer,
                             const struct provider *provider, struct order *order,
                             struct attempt *a)
{
    struct db *db = k->db;
    int64_t open = 0;

    TRY(order_lock(db, tenant, &a->order_id, order));
    TRY(may_pay(payer, order));
    if (provider->start_takes_money) {
        TRY(attempts_open_count(db, tenant, &a->order_id, &open));
        if (open > 0)
            return E_PENDING;
    }
    draw_numbers(db_arena(db), tenant_code, a);
    a->amount = order->total;
    a->currency = order->currency;
    TRY(order_mark_payment(db, tenant, &a->order_id, PAYMENT_FAILED, PAYMENT_PENDING, k->now));
    enum err e = attempt_insert(db, a);
    return e == E_DUPLICATE ? E_DB_RETRY : e; /* a number met its double */
}

static void fill_attempt(const struct cashier *k, struct tenant_id tenant,
                         const struct payment_request *req, const struct integration *in,
                         const char *provider_name, struct attempt *a)
{
    *a = (struct attempt){
        .tenant_id = tenant,
        .purpose = "order",
        .order_id = req->order_id,
        .provider = provider_name,
        .integration_id = in->id,
        .credential_id = in->credential_id,
        .mode = in->mode,
        .endpoint = in->endpoint,
        .state = ATTEMPT_SENDING,
        .created_at = k->now,
        .next_ask_at = utc_add_seconds(k->now, k->conf->provider_timeout_s + SENDING_GRACE_S),
    };
    uuid_new(a->id.text);
}

static enum err started(const struct attempt *a, const struct news *news)
{
    if (a->flag != NULL)
        return E_PROVIDER_AWAY;
    switch (a->state) {
    case ATTEMPT_WAITING:
        return a->payment_url != NULL ? OK : E_PROVIDER_AWAY;
    case ATTEMPT_SUCCEEDED:
        return OK;
    case ATTEMPT_DECLINED:
        return news->text == NULL ? E_NOT_CREATED : err_say(E_PROVIDER_REFUSED, "%s", news->text);
    case ATTEMPT_SENDING:
    case ATTEMPT_UNKNOWN:
    case ATTEMPT_VOID:
        return E_PROVIDER_AWAY;
    }
    return E_INTERNAL;
}

/* A form that was left empty gives nothing. */
static const char *given_or(const char *given, const char *otherwise)
{
    return given != NULL && *given != '\0' ? given : otherwise;
}

/* Only to be seen by the shop's owner: the payment stands whether it can be noted or not. */
static void note_use(const struct cashier *k, struct tenant_id tenant,
                     const struct integration_id *id, const struct attempt *a,
                     const struct news *news)
{
    bool fine = a->state == ATTEMPT_WAITING || a->state == ATTEMPT_SUCCEEDED;
    if (integration_used(k->db, tenant, id, k->now, fine ? NULL : news->code) != OK)
        log_line(LOG_WARN, "integration_use_not_noted", LOG_ATTEMPT, a->id.text, LOG_END);
}

enum err payment_start(const struct cashier *k, struct tenant_id tenant, const char *tenant_code,
                       const struct payer *payer, const struct payment_request *req,
                       struct attempt *out)
{
    const struct provider *provider = provider_by_name(req->provider);
    struct provider_account account;
    struct integration in;
    struct order order = {0};
    enum err e;

    if (provider == NULL)
        return err_say(E_PROVIDER_NAME, "%s", req->provider);
    TRY(integration_for_payment(k->db, tenant, provider->name, &in));
    in.endpoint = integration_called_endpoint(k->conf, in.endpoint);
    TRY(integration_account(k->db, k->keys, tenant, &in.credential_id, in.mode, in.endpoint,
                            in.config, &account));
    fill_attempt(k, tenant, req, &in, provider->name, out);
    const struct provider_env env = env_of(k, &account);
    out->driver = provider->driver(&env);
    DB_TX(k->db, &e)
        e = write_intent(k, tenant, tenant_code, payer, provider, &order, out);
    if (e != OK)
        return e;

    struct provider_payment p = payment_of(out);
    p.order_number = order.order_number;
    p.tenant_code = tenant_code;
    p.email = given_or(req->email, order.customer_email);
    p.phone = given_or(req->phone, order.customer_phone);
    p.name = given_or(req->name, arena_printf(db_arena(k->db), "%s %s", order.customer_first_name,
                                              order.customer_last_name));
    p.remote_addr = req->remote_addr;
    struct news news = {.heard = HEARD_UNKNOWN};
    provider->start(&env, &p, &news);
    TRY(payment_hear(k, tenant, &out->id, FROM_ANSWER, &news, out));
    note_use(k, tenant, &in.id, out, &news);
    return started(out, &news);
}

/* ---- Verifying ---- */

static enum err verified(const struct attempt *a)
{
    if (a->state == ATTEMPT_SUCCEEDED)
        return OK;
    if (a->flag != NULL && strcmp(a->flag, "mismatch") == 0)
        return E_VERIFY_MISMATCH;
    if (a->state == ATTEMPT_DECLINED || a->state == ATTEMPT_VOID)
        return a->error_text == NULL ? E_NOT_VERIFIED : err_say(E_DECLINED, "%s", a->error_text);
    return E_PENDING;
}

enum err payment_verify(const struct cashier *k, struct tenant_id tenant,
                        const char *transaction_id, const char *provider, struct attempt *out)
{
    const struct provider *p = provider_by_name(provider == NULL ? "kuveyt" : provider);

    if (p == NULL)
        return E_NO_PAYMENT;
    TRY(attempt_by_transaction(k->db, tenant, p->name, transaction_id, out));
    if (strcmp(out->provider, p->name) != 0)
        return E_NO_PAYMENT;
    if (out->state != ATTEMPT_SUCCEEDED)
        TRY(payment_ask(k, out, FROM_VERIFY, out));
    return verified(out);
}
