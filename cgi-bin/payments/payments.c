#include "payments/payments.h"

#include "handlers.h"
#include "payments/payments_json.h"
#include "web/once.h"

/* Beyond the provider's own time: the database, and a little air. */
enum { LEASE_AIR_S = 5 };

struct create_request {
    struct order_id order_id;
    const char *provider;
};
#define ORDER_ID REQUIRED_ELSE("Sipariş ID gereklidir.", "Order ID is required.")
#define TRANSACTION_ID \
    TEXT_MAX_ELSE(255, "Transaction ID gereklidir.", "Transaction ID is required.")

static const struct field create_request[] = {
    {"order_id", FIELD(struct create_request, order_id), ORDER_ID     },
    {"provider", FIELD(struct create_request, provider), TEXT_UPTO(32)},
};
static const struct field customer_info[] = {
    {"email", FIELD(struct payment_request, email), EMAIL_UPTO(254)},
    {"name",  FIELD(struct payment_request, name),  TEXT_UPTO(200) },
    {"phone", FIELD(struct payment_request, phone), PHONE_UPTO(30) },
};
struct verify_request {
    const char *transaction_id;
    const char *provider;
};
static const struct field verify_request[] = {
    {"transaction_id", FIELD(struct verify_request, transaction_id), TRANSACTION_ID},
    {"provider",       FIELD(struct verify_request, provider),       TEXT_UPTO(32) },
};

static enum err create(struct ctx *c, bool again)
{
    struct create_request req = {.provider = "kuveyt"};
    struct payment_request pay = {.remote_addr = c->req.remote_addr};
    const struct payer payer = {(c->session.role & ROLE_STAFF) != 0, c->session.user.id};
    const struct cashier k = cashier_of(c->process, c->now);
    struct attempt a;

    (void)again; /* a page that was opened but never shown to anybody can be left alone */
    enum err fields = ctx_input(c, &req, create_request);
    if (fields != OK && fields != E_BAD_INPUT)
        return fields;
    TRY(ctx_object(c, "customer_info", false, &pay, customer_info));
    pay.order_id = req.order_id;
    pay.provider = req.provider;
    TRY(payment_start(&k, c->tenant.id, c->tenant.code, &payer, &pay, &a));

    struct json_object *payment = json_object_new_object();
    json_object_object_add(payment, "id", json_object_new_string(a.id.text));
    json_object_object_add(payment, "payment_number", json_object_new_string(a.payment_number));
    json_object_object_add(payment, "status", json_object_new_string(payment_state_name(a.state)));
    struct json_object *out = ctx_success(c, "Ödeme oluşturuldu.", "Payment created.");
    json_object_object_add(out, "payment", payment);
    /* NULL when another way has already heard that it is paid: there is nothing left to open. */
    json_object_object_add(out, "payment_url",
                           a.payment_url == NULL ? NULL : json_object_new_string(a.payment_url));
    json_object_object_add(out, "transaction_id",
                           json_object_new_string(attempt_transaction_id(&a)));
    return ctx_reply(c, 201, out);
}

/*
 * POST /api/payments/create/   {"order_id": "...", "provider": "kuveyt", "customer_info": {...}}
 * 201 {"success": true, "message": "Ödeme oluşturuldu.", "payment": {...}, "payment_url", "transaction_id"}
 * 404 order_not_found; 400 integration_inactive, payment_refused, already_paid, order_state, bad_input;
 * 503 provider_unavailable
 */
enum err payments_create(struct ctx *c)
{
    TRY(ctx_identify(c));
    return ctx_once(c, c->process->conf.provider_timeout_s + LEASE_AIR_S, create);
}

/*
 * POST /api/payments/verify/   {"transaction_id": "TRX...", "provider": "kuveyt"}, or as a form
 * 200 {"success": true, "message": "Ödeme doğrulandı ve tamamlandı.", "payment": {...}}
 * 202 payment_pending; 404 payment_not_found; 400 payment_declined, payment_mismatch, bad_input
 */
enum err payments_verify(struct ctx *c)
{
    struct verify_request req = {0};
    const struct cashier k = cashier_of(c->process, c->now);
    struct attempt a;

    TRY(ctx_input(c, &req, verify_request));
    TRY(payment_verify(&k, c->tenant.id, req.transaction_id, req.provider, &a));
    struct json_object *out =
        ctx_success(c, "Ödeme doğrulandı ve tamamlandı.", "Payment verified and completed.");
    json_object_object_add(out, "payment", payment_json(&a, c->english));
    return ctx_reply(c, 200, out);
}
