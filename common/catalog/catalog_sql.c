#include "catalog/catalog_sql.h"

static const struct field product_row[] = {
    {"id",          FIELD(struct product, id),          REQUIRED},
    {"name",        FIELD(struct product, name),        REQUIRED},
    {"slug",        FIELD(struct product, slug),        REQUIRED},
    {"description", FIELD(struct product, description), REQUIRED},
    {"price",       FIELD(struct product, price),       REQUIRED},
    {"currency",    FIELD(struct product, currency),    REQUIRED},
    {"stock",       FIELD(struct product, stock),       REQUIRED},
    {"image_url",   FIELD(struct product, image_url),   OPTIONAL},
    {"created_at",  FIELD(struct product, created_at),  REQUIRED},
};
#define PRODUCT_COLUMNS "id, name, slug, description, price, currency, stock, image_url, created_at"

/* The index gives the order, and with the cursor's condition (whole, "is_active = 1" included) the
 * place to begin: a page reads its own rows only. Unforced, a page in the middle of a long list reads
 * all before it, too. */
SQL_ROWS(sql_products_select, struct product, product_row,
         "SELECT " PRODUCT_COLUMNS " FROM products FORCE INDEX (products_listed)"
         " WHERE tenant_id = ? AND is_active = 1"
         " AND (? IS NULL OR created_at < ? OR (created_at = ? AND id < ?))"
         " AND (? IS NULL OR name LIKE ? OR description LIKE ?)"
         " ORDER BY created_at DESC, id DESC LIMIT ?");
SQL_ROWS(sql_product_select, struct product, product_row,
         "SELECT " PRODUCT_COLUMNS " FROM products"
         " WHERE tenant_id = ? AND id = ? AND is_active = 1");

enum err products_select(struct db *db, struct tenant_id tenant, const char *like,
                         const struct product_query *query, struct product **out, size_t *n)
{
    return db_all(db, out, n, sql_products_select, P(&tenant), P(query->before_id),
                  P(query->before), P(query->before), P(query->before_id), P(like), P(like),
                  P(like), P(query->limit));
}

enum err product_select(struct db *db, struct tenant_id tenant, const struct product_id *id,
                        struct product *out)
{
    return db_one(db, out, sql_product_select, P(&tenant), P(id));
}
