#ifndef INTEGRATIONS_INTEGRATIONS_H
#define INTEGRATIONS_INTEGRATIONS_H
#include "payments/providers/provider.h"
#include "run/process.h"

/*
 * A tenant's accounts with payment providers (contract sections 4 and 9.2).
 *
 * Secrets are kept apart, in rows that never change: whoever brings a new key makes a new row, and a
 * payment is asked about with the keys that it began with, however old. They leave here only
 * through integration_account().
 */

enum integration_status {
    INTEGRATION_ACTIVE,
    INTEGRATION_INACTIVE,
    INTEGRATION_TEST_MODE,
    INTEGRATION_STATUS_COUNT, /* in a request: none given */
};
extern const char *const integration_status_names[]; /* "active", "inactive", "test_mode" */

struct integration {
    struct integration_id id;
    const char *provider_type; /* "kuveyt", "paytr" */
    const char *name, *description;
    unsigned status;                          /* enum integration_status */
    const char *api_endpoint, *test_endpoint; /* canonical; NULL = none */
    const char *config;                       /* text of a JSON object */
    struct credential_id credential_id;       /* none until a secret was given */
    bool api_key_set, api_secret_set;
    const char *api_key_last4; /* NULL = none, or the key is too short to show any of it */
    struct utc last_used_at;
    const char *last_error; /* NULL = none */
    struct utc created_at;

    /* Made of the above: what a call of now uses. test_mode is MODE_TEST, active MODE_LIVE; an
     * inactive one is tested in test mode if it has the address for that. */
    enum pay_mode mode;
    const char *endpoint; /* of this mode; NULL = none */
};

/* What create and PATCH take. NULL and INTEGRATION_STATUS_COUNT: not given. */
struct integration_request {
    const char *provider_type;
    const char *name, *description;
    unsigned status;
    const char *api_key, *api_secret;         /* "" is not given, too */
    const char *api_endpoint, *test_endpoint; /* as typed; test_endpoint "" clears it */
    struct json_object *config;               /* an object */
};
enum { INTEGRATION_CONFIG_MAX = 4096, INTEGRATION_LAST4_FROM = 8 };

/* Fields of a request that are wrong, for the answer: with E_BAD_INPUT at least one. */
enum { INTEGRATION_FAULTS_MAX = 8 };
struct integration_faults {
    size_t n;
    struct integration_fault {
        const char *field, *tr, *en;
    } list[INTEGRATION_FAULTS_MAX];
};

/* "kuveyt" for "kuveyt" and its old spelling "kuwait", "paytr"; NULL for what we don't know. */
const char *integration_type(const char *provider_type);

/*
 * integration_create - a new one; status inactive unless given
 *
 *   req     provider_type and name are needed
 *   faults  empty; for E_BAD_INPUT: test_mode without test_endpoint, active without api_endpoint or
 *           api_key, endpoints that may not be called (url_check()), config too long or with a
 *           return_url or cancel_url that is no place to send a browser to
 *   out     filled on OK
 *
 * E_INTEGRATION_NAME: this tenant has one of this type and name.
 * Uses p's database, keys and configuration; opens its own transaction.
 */
enum err integration_create(const struct process *p, struct tenant_id tenant, struct utc now,
                            const struct integration_request *req,
                            struct integration_faults *faults, struct integration *out);

/*
 * integration_change - the fields that are given; the rest stays, and counts in the checks
 *
 * A new api_key or api_secret makes a new credential; the secret that isn't given is carried over.
 * Another address (but none at all, or the operator's) for an integration with a stored key needs
 * the key again, so that nobody sends a stored secret to a host of their own: E_SECRET_AGAIN
 * without. For the same reason an api_secret is not carried over then: it is given, too, or gone.
 *
 * Otherwise like integration_create(); provider_type can't be changed. E_NO_INTEGRATION_ID.
 */
enum err integration_change(const struct process *p, struct tenant_id tenant, struct utc now,
                            const struct integration_id *id, const struct integration_request *req,
                            struct integration_faults *faults, struct integration *out);

/* E_NO_INTEGRATION_ID: none, deleted, or another tenant's. */
enum err integration_read(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct integration *out);

/* No new payment uses it any more; open ones are still asked about. E_NO_INTEGRATION_ID. */
enum err integration_delete(struct db *db, struct tenant_id tenant, struct utc now,
                            const struct integration_id *id);

/* Newest first: at most `limit`, older than (before, before_id) if that is given. */
struct integration_filter {
    const char *provider_type, *status; /* NULL = any; a word that we don't know finds nothing */
    struct utc before;
    const char *before_id;
    int64_t limit;
};
enum err integration_list(struct db *db, struct tenant_id tenant,
                          const struct integration_filter *filter, struct integration **out,
                          size_t *n);

/* Why a test failed. `word` is stable; the texts are ours, never the remote end's. */
struct integration_reason {
    const char *word, *tr, *en;
};

/*
 * integration_test - a real call to the provider in the integration's mode
 *
 * OK says that the test was made: *failed is NULL if the account works, else why not. Remembers the
 * outcome as integration_used() does. E_NO_INTEGRATION_ID, E_SEALED, E_DB_*. No transaction may be
 * open.
 */
enum err integration_test(const struct process *p, struct tenant_id tenant, struct utc now,
                          const struct integration_id *id, struct integration *out,
                          const struct integration_reason **failed);

/* ---- For the money core ---- */

/*
 * The integration that may take payments now: it has a key and is active, else in test mode; the
 * newest of the better kind. E_NO_INTEGRATION, with the provider's name said, when there is none.
 */
enum err integration_for_payment(struct db *db, struct tenant_id tenant, const char *provider_type,
                                 struct integration *out);

/* Deleted or not: for asking about an old attempt. E_NO_INTEGRATION_ID. */
enum err integration_by_id(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                           struct integration *out);

/*
 * Opens the account for calls: the secrets of that credential row, mode and endpoint as given (of
 * the attempt, or of the integration). Texts live in the db's arena, and so does the config object.
 * E_SEALED when the secrets can't be opened or the row isn't there.
 */
enum err integration_account(struct db *db, const struct keyring *keys, struct tenant_id tenant,
                             const struct credential_id *credential, enum pay_mode mode,
                             const char *endpoint, const char *config_text,
                             struct provider_account *out);

/*
 * Where calls to this endpoint really go. The shop document's addresses (https://api.kuveyt.com/payment
 * and https://test-api.kuveyt.com/payment) are no host of any bank: the operator's kuveyt_live_url and
 * kuveyt_test_url stand in for them, where set. All others are called as they are.
 */
const char *integration_called_endpoint(const struct conf *conf, const char *endpoint);

/* Success (NULL) sets last_used_at and clears last_error; an error's text is kept until then. */
enum err integration_used(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct utc now, const char *error_or_null);

#endif
