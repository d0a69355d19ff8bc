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

static const struct field shipping_method_row[] = {
    {"id",        FIELD(struct shipping_method, id),        REQUIRED},
    {"name",      FIELD(struct shipping_method, name),      REQUIRED},
    {"code",      FIELD(struct shipping_method, code),      REQUIRED},
    {"price",     FIELD(struct shipping_method, price),     REQUIRED},
    {"free_from", FIELD(struct shipping_method, free_from), REQUIRED},
    {"is_active", FIELD(struct shipping_method, is_active), REQUIRED},
};

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
SQL_ROWS(sql_shipping_methods_select_active, struct shipping_method, shipping_method_row,
         "SELECT id, name, code, price, COALESCE(free_shipping_threshold, -1) AS free_from,"
         " is_active FROM shipping_methods WHERE tenant_id = ? AND is_active = 1"
         " ORDER BY price, name, id");

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

enum err shipping_methods_select_active(struct db *db, struct tenant_id tenant,
                                        struct shipping_method **out, size_t *n)
{
    return db_all(db, out, n, sql_shipping_methods_select_active, P(&tenant));
}
