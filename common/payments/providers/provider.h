#ifndef PAYMENTS_PROVIDERS_PROVIDER_H
#define PAYMENTS_PROVIDERS_PROVIDER_H
#include <json-c/json.h>

#include "types/field.h"
#include "web/http_client.h"

/*
 * What a payment provider can do for us. The core (payments/) knows no provider by name: it writes
 * its journal, calls one of these functions with no transaction open, and settles what it heard.
 *
 * A provider only translates. It never touches the database, and it sorts every answer into one of
 * `enum heard`; whatever is not clearly something else is HEARD_UNKNOWN.
 */

enum pay_mode { MODE_TEST, MODE_LIVE };
extern const char *const pay_mode_names[]; /* "test", "live" */

/* A tenant's account with the provider, opened for one call. */
struct provider_account {
    enum pay_mode mode;
    const char *endpoint;       /* base URL for this mode */
    const char *api_key;        /* NULL = none */
    const char *api_secret;     /* NULL = none */
    struct json_object *config; /* the integration's config object, never NULL */
    const char *driver;         /* of an attempt that has begun; NULL = as config says */
};

struct provider_env {
    struct http_client *http;
    struct arena *mem;
    const struct provider_account *account;
    const char *base_url;          /* our own address */
    const char *allowed_endpoints; /* conf's: where a payer may be sent to besides https */
    struct utc now;
};

/* What the provider needs to know of one attempt. */
struct provider_payment {
    const char *attempt_id;   /* for the addresses that the provider calls back */
    const char *reference;    /* ours, unique for ever */
    const char *provider_ref; /* theirs; NULL while unknown */
    struct money amount;
    const char *currency;
    const char *order_number; /* what a person sees on the bank's page */
    const char *tenant_code;
    const char *email, *name, *phone;
    const char *remote_addr;
};

enum heard {
    HEARD_SUCCEEDED, /* the money was taken */
    HEARD_DECLINED,  /* it was not and will not be under this reference */
    HEARD_WAITING,   /* undecided: the payer or the bank still works on it */
    HEARD_UNKNOWN,   /* no clear answer: time out, 5xx, unreadable. Never a refusal */
    HEARD_NOT_FOUND, /* the provider says that it doesn't know the payment */
    HEARD_NOT_SENT,  /* our request certainly reached nobody */
};
extern const char *const heard_names[];

/* News about one attempt. Texts live in env->mem. What the provider did not tell is NULL or false. */
struct news {
    enum heard heard;
    const char *provider_ref;
    const char *payment_url; /* where to send the payer */
    bool tells_amount;
    struct money amount;
    const char *currency;
    const char *reference; /* ours, as the provider has it */
    bool tells_mode;
    enum pay_mode mode;
    const char *code; /* stable word or the provider's number: for log and journal, at most 64 */
    const char *text; /* for the payer, at most 300 bytes; only with HEARD_DECLINED */
    bool try_again;   /* declined, but another try may work */
};

struct provider {
    const char *name; /* as in integrations.provider_type and attempts.provider */

    /* Which of its protocols this account speaks: kept with the attempt. */
    const char *(*driver)(const struct provider_env *env);

    /* Does start() itself take money? Then nothing is started again while it is unclear. */
    bool start_takes_money;

    /* Begin the payment: opens a page for the payer (HEARD_WAITING with payment_url), or charges. */
    void (*start)(const struct provider_env *env, const struct provider_payment *p,
                  struct news *out);

    /* How does it stand? Asks by provider_ref, or by our reference when there is none yet. */
    void (*ask)(const struct provider_env *env, const struct provider_payment *p, struct news *out);

    /*
     * Give money back; `reference` is of the refund itself, never used again. HEARD_SUCCEEDED,
     * HEARD_DECLINED, HEARD_UNKNOWN, HEARD_NOT_SENT. NULL: this provider can't.
     */
    void (*refund)(const struct provider_env *env, const struct provider_payment *p,
                   struct money amount, const char *reference, struct news *out);

    /* Does this account work? NULL when it does; else a word of the table of reasons in
     * integrations/: "unreachable" "tls" "refused" (an address that may not be called) "timeout"
     * "unauthorized" "server_error" "unexpected" "unsupported". Moves nothing. */
    const char *(*probe)(const struct provider_env *env);
};

/* NULL when there is none of this name. "kuwait" is an old spelling of "kuveyt". */
const struct provider *provider_by_name(const char *name);

#endif
