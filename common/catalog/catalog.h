#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H
#include "db/db.h"

/* What a shop sells. */
struct product {
    struct product_id id;
    const char *name, *slug, *description;
    struct money price; /* KDV included */
    const char *currency;
    int64_t stock;
    const char *image_url; /* NULL = none */
    struct utc created_at;
};

struct product_query {
    const char *search;    /* part of name or description, any characters; NULL or "" = all */
    int64_t limit;         /* rows at most, 1 or more */
    struct utc before;     /* only what comes after this row in the list: made earlier, or at the */
    const char *before_id; /* same moment with a smaller id; NULL = from the newest */
};

/* Products that are for sale, newest first. Letter case and accents of `search` count as little as
 * the table's collation lets them. */
enum err products_for_sale(struct db *db, struct tenant_id tenant,
                           const struct product_query *query, struct product **out, size_t *n);

/* E_NO_PRODUCT: unknown, another tenant's, or not for sale. */
enum err product_for_sale(struct db *db, struct tenant_id tenant, const struct product_id *id,
                          struct product *out);

/* A way to send an order. */
struct shipping_method {
    struct shipping_method_id id;
    const char *name, *code;
    struct money price;     /* KDV included */
    struct money free_from; /* from this subtotal on it costs nothing; below 0: never */
    bool is_active;
};

/* What a buyer may choose, cheapest first. */
enum err shipping_methods_offered(struct db *db, struct tenant_id tenant,
                                  struct shipping_method **out, size_t *n);

#endif
