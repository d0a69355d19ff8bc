#ifndef PAYMENTS_PAYMENTS_H
#define PAYMENTS_PAYMENTS_H
#include "db/db.h"
#include "payments/providers/provider.h"
#include "run/process.h"

/*
 * The money core (contract section 7): one journal of attempts for every door.
 *
 * An attempt is committed before anything is sent. What is heard about it comes from four sides: the
 * provider's answer, its notice, somebody's verify, the resolver; together, twice, late or in any
 * order. All of it goes through payment_hear(): under row locks one guarded move wins, and what the
 * money is for (struct purpose) happens in that same transaction. Unknown is never declined.
 */

enum attempt_state {
    ATTEMPT_SENDING,   /* our request is on its way, or we died sending it */
    ATTEMPT_WAITING,   /* the provider has it, the payer is paying */
    ATTEMPT_UNKNOWN,   /* no clear answer; the resolver asks */
    ATTEMPT_SUCCEEDED, /* money was taken; left only by a refund */
    ATTEMPT_DECLINED,
    ATTEMPT_VOID, /* it never came to anything: not sent, or not known to the provider */
};
extern const char *const attempt_state_names[];

/* As the shop's API names them: pending, completed, failed … (the shop document's payment states). */
const char *payment_state_name(enum attempt_state s);
const char *payment_state_label(enum attempt_state s, bool english);

struct attempt {
    struct tenant_id tenant_id;
    struct attempt_id id;
    const char *purpose; /* see purpose.h */
    struct order_id order_id;
    const char *payment_number;
    const char *provider, *driver;
    struct integration_id integration_id;
    struct credential_id credential_id;
    enum pay_mode mode;
    const char *endpoint;
    const char *reference;    /* ours */
    const char *provider_ref; /* theirs; NULL = not known yet */
    struct money amount;
    const char *currency;
    enum attempt_state state;
    bool pays; /* it is the one that pays its subject */
    const char *error_code, *error_text, *payment_url, *flag; /* NULL = none */
    struct utc created_at, settled_at, paid_at, next_ask_at;
    int64_t asks;
};

/* What a client calls the attempt: the provider's reference, before that ours. */
const char *attempt_transaction_id(const struct attempt *a);

/* Which of the four ways news came. */
enum news_source { FROM_ANSWER, FROM_NOTICE, FROM_VERIFY, FROM_RESOLVER };
extern const char *const news_source_names[];

/* What working with money needs, besides the database. */
struct cashier {
    struct db *db;
    struct http_client *http;
    const struct keyring *keys;
    const struct conf *conf;
    struct utc now;
};

struct cashier cashier_of(const struct process *p, struct utc now);

struct payment_request {
    struct order_id order_id;
    const char *provider;
    const char *email, *name, *phone; /* NULL = the order's */
    const char *remote_addr;
};

/* Who may pay an order: its customer, anybody a guest's (its id is the secret), the staff any. */
struct payer {
    bool is_staff;
    struct user_id user_id; /* "" = a guest */
};

/*
 * payment_start - begin to pay an order
 *
 *   out  the attempt, waiting for the payer at out->payment_url
 *
 * Several attempts an order, at most one captured. E_NO_ORDER (none, or another's), E_PROVIDER_NAME,
 * E_NO_INTEGRATION, E_ALREADY_PAID, E_ORDER_STATE (cancelled), E_PENDING (an attempt that may have
 * taken money is unclear), E_PROVIDER_REFUSED (with the provider's text), E_PROVIDER_AWAY (not sent,
 * or unclear: the resolver looks after it), E_DB_*. Opens its own transactions; calls the provider
 * between them.
 */
enum err payment_start(const struct cashier *k, struct tenant_id tenant, const char *tenant_code,
                       const struct payer *payer, const struct payment_request *req,
                       struct attempt *out);

/*
 * payment_verify - how does it stand? Asks the provider unless the money is there already.
 *
 *   provider  NULL = kuveyt; a wrong one is E_NO_PAYMENT
 *   out       the attempt after it, also with E_PENDING and E_DECLINED
 *
 * OK (paid), E_NO_PAYMENT, E_PENDING (still open), E_DECLINED (with the text for the payer),
 * E_VERIFY_MISMATCH (the provider's payment isn't ours: flagged), E_DB_*.
 */
enum err payment_verify(const struct cashier *k, struct tenant_id tenant,
                        const char *transaction_id, const char *provider, struct attempt *out);

/* Asks the provider about one attempt and settles what it says. `out` is the attempt after it. */
enum err payment_ask(const struct cashier *k, const struct attempt *a, enum news_source source,
                     struct attempt *out);

/* Settles news: the only door to an outcome. `out` is the attempt after it. */
enum err payment_hear(const struct cashier *k, struct tenant_id tenant, const struct attempt_id *id,
                      enum news_source source, const struct news *news, struct attempt *out);

/*
 * Where the payer's browser goes when the bank is done with it: return_url or cancel_url of the
 * integration's config, by how the attempt stands, with nothing added but ?transaction_id=. Without
 * one, /payment/return or /payment/cancel of our own.
 */
enum err payment_home(const struct cashier *k, const struct attempt *a, const char **out);

/* By id alone, of any tenant: for notices. E_NO_PAYMENT. */
enum err attempt_by_id(struct db *db, const struct attempt_id *id, struct attempt *out);

/* Attempts of one order, newest first, at most 200. */
enum err attempts_of_order(struct db *db, struct tenant_id tenant, const struct order_id *order,
                           struct attempt **out, size_t *n);

/* ---- For the resolver ---- */

/* Due now, oldest first, at most `limit`; of all tenants. */
enum err attempts_due(struct db *db, struct utc now, int64_t limit, struct attempt **out,
                      size_t *n);

/* True in *got when this process may ask about it now: nobody else will before `until`. */
enum err attempt_claim(struct db *db, const struct attempt *a, struct utc until, bool *got);

/* Attempts that a person must see, by flag and age. */
enum err attempts_flagged(struct db *db, int64_t limit, struct attempt **out, size_t *n);

#endif
