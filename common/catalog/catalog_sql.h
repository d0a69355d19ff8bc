#ifndef CATALOG_CATALOG_SQL_H
#define CATALOG_CATALOG_SQL_H
#include "catalog/catalog.h"

/* `like`: operand of LIKE, NULL = all. */
enum err products_select(struct db *db, struct tenant_id tenant, const char *like,
                         const struct product_query *query, struct product **out, size_t *n);
enum err product_select(struct db *db, struct tenant_id tenant, const struct product_id *id,
                        struct product *out);
enum err shipping_methods_select_active(struct db *db, struct tenant_id tenant,
                                        struct shipping_method **out, size_t *n);

#endif
