#ifndef OPERATOR_DEMO_SQL_H
#define OPERATOR_DEMO_SQL_H
#include "db/db.h"

/* Rows of the demo data. The *_insert answer E_DUPLICATE for what is there already. */

struct demo_product {
    const char *name, *slug, *description;
    struct money price;
    int64_t stock;
    struct bps tax_rate;
};
enum err demo_product_insert(struct db *db, struct tenant_id tenant, const struct demo_product *p,
                             struct utc now);

struct demo_shipping {
    const char *name, *code;
    struct money price;
    struct money free_from; /* 0 = never free */
};
enum err demo_shipping_insert(struct db *db, struct tenant_id tenant, const struct demo_shipping *s,
                              struct utc now);

struct demo_integration {
    struct integration_id id;
    struct credential_id credential;
    const char *provider_type, *name, *description;
    const char *live_url, *test_url, *config;
    struct sealed api_key, api_secret;
    const char *api_key_last4;
};
/* The integration in test mode and its credential: two rows, so inside a transaction. */
enum err demo_integration_insert(struct db *db, struct tenant_id tenant,
                                 const struct demo_integration *i, struct utc now);
/* Addresses of the one that is there: an instance may come up on another port. */
enum err demo_integration_move(struct db *db, struct tenant_id tenant,
                               const struct demo_integration *i, struct utc now);

#endif
