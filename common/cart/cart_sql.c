#include "cart/cart_sql.h"

static const struct field cart_row_fields[] = {
    {"cart_id",            FIELD(struct cart_row, cart_id),            REQUIRED},
    {"shipping_method_id", FIELD(struct cart_row, shipping_method_id), OPTIONAL},
    {"shipping_name",      FIELD(struct cart_row, shipping_name),      OPTIONAL},
    {"shipping_price",     FIELD(struct cart_row, shipping_price),     OPTIONAL},
    {"free_from",          FIELD(struct cart_row, free_from),          REQUIRED},
    {"item_id",            FIELD(struct cart_row, item_id),            OPTIONAL},
    {"added_at",           FIELD(struct cart_row, added_at),           OPTIONAL},
    {"product_id",         FIELD(struct cart_row, product_id),         OPTIONAL},
    {"quantity",           FIELD(struct cart_row, quantity),           OPTIONAL},
    {"name",               FIELD(struct cart_row, name),               OPTIONAL},
    {"unit_price",         FIELD(struct cart_row, unit_price),         OPTIONAL},
    {"tax_rate",           FIELD(struct cart_row, tax_rate),           OPTIONAL},
};
static const struct field cart_look_row[] = {
    {"cart_id", FIELD(struct cart_look, cart_id), OPTIONAL},
    {"stock",   FIELD(struct cart_look, stock),   REQUIRED},
    {"in_cart", FIELD(struct cart_look, in_cart), REQUIRED},
};
static const struct field cart_head_row[] = {
    {"id",                 FIELD(struct cart_head, id),                 REQUIRED},
    {"owner",              FIELD(struct cart_head, owner),              REQUIRED},
    {"is_open",            FIELD(struct cart_head, is_open),            OPTIONAL},
    {"shipping_method_id", FIELD(struct cart_head, shipping_method_id), OPTIONAL},
};
static const struct field shipping_choice_row[] = {
    {"id",        FIELD(struct shipping_choice, id),        REQUIRED},
    {"name",      FIELD(struct shipping_choice, name),      REQUIRED},
    {"price",     FIELD(struct shipping_choice, price),     REQUIRED},
    {"free_from", FIELD(struct shipping_choice, free_from), REQUIRED},
};

#define CART_COLUMNS                                                                         \
    "SELECT c.id AS cart_id, m.id AS shipping_method_id, m.name AS shipping_name,"           \
    " m.price AS shipping_price, COALESCE(m.free_shipping_threshold, -1) AS free_from,"      \
    " i.id AS item_id, i.added_at, i.product_id, i.quantity, p.name, p.price AS unit_price," \
    " p.tax_rate"
#define CART_PARTS                                                              \
    " LEFT JOIN shipping_methods m ON m.tenant_id = c.tenant_id"                \
    "   AND m.id = c.shipping_method_id AND m.is_active"                        \
    " LEFT JOIN cart_items i ON i.tenant_id = c.tenant_id AND i.cart_id = c.id" \
    " LEFT JOIN products p ON p.tenant_id = i.tenant_id AND p.id = i.product_id"

SQL_ROWS(sql_cart_of_owner, struct cart_row, cart_row_fields,
         CART_COLUMNS " FROM carts c" CART_PARTS
                      " WHERE c.tenant_id = ? AND c.owner = ? AND c.is_open = 1");
SQL_ROWS(sql_cart_of_session, struct cart_row, cart_row_fields,
         CART_COLUMNS " FROM sessions s JOIN carts c ON c.tenant_id = s.tenant_id"
                      "   AND c.owner = s.owner AND c.is_open = 1" CART_PARTS
                      " WHERE s.tenant_id = ? AND s.token_hash = ? AND s.expires_at > ?"
                      "   AND s.seen_at > ?");
SQL_ROWS(sql_cart_look_up, struct cart_look, cart_look_row,
         "SELECT c.id AS cart_id, p.stock, COALESCE(i.quantity, 0) AS in_cart"
         " FROM products p"
         " LEFT JOIN carts c ON c.tenant_id = p.tenant_id AND c.owner = ? AND c.is_open = 1"
         " LEFT JOIN cart_items i ON i.tenant_id = p.tenant_id AND i.cart_id = c.id"
         "   AND i.product_id = p.id"
         " WHERE p.tenant_id = ? AND p.id = ? AND p.is_active");
SQL_EXEC(sql_cart_insert,
         "INSERT INTO carts (tenant_id, id, owner, is_open, created_at, updated_at)"
         " VALUES (?, ?, ?, 1, ?, ?)");
/* All that counts is looked at in the statement that writes. The share lock keeps an order from
 * closing the cart, or taking the pieces, in between. */
SQL_EXEC(
    sql_cart_item_put,
    "INSERT INTO cart_items (tenant_id, cart_id, product_id, id, quantity, added_at)"
    " SELECT c.tenant_id, c.id, p.id, ?, ?, ?"
    " FROM carts c JOIN products p ON p.tenant_id = c.tenant_id"
    " WHERE c.tenant_id = ? AND c.owner = ? AND c.is_open = 1"
    "   AND p.id = ? AND p.is_active AND p.stock >= ? LOCK IN SHARE MODE"
    " ON DUPLICATE KEY UPDATE quantity = cart_items.quantity"
    "   + IF(cart_items.quantity + VALUES(quantity) <= LEAST(p.stock, ?), VALUES(quantity), 0)");
SQL_EXEC(sql_cart_item_remove,
         "DELETE FROM cart_items WHERE tenant_id = ? AND cart_id = ? AND product_id = ?");
SQL_ROWS(sql_cart_of_owner_lock, struct cart_head, cart_head_row,
         "SELECT id, owner, is_open, shipping_method_id FROM carts"
         " WHERE tenant_id = ? AND owner = ? AND is_open = 1 FOR UPDATE");
SQL_ROWS(sql_cart_lock, struct cart_head, cart_head_row,
         "SELECT id, owner, is_open, shipping_method_id FROM carts"
         " WHERE tenant_id = ? AND id = ? FOR UPDATE");
SQL_EXEC(sql_cart_set_owner,
         "UPDATE carts SET owner = ?, updated_at = ? WHERE tenant_id = ? AND id = ?");
SQL_EXEC(sql_cart_move_items,
         "INSERT INTO cart_items (tenant_id, cart_id, product_id, id, quantity, added_at)"
         " SELECT g.tenant_id, ?, g.product_id, UUID(), g.quantity, g.added_at"
         " FROM cart_items g WHERE g.tenant_id = ? AND g.cart_id = ?"
         " ON DUPLICATE KEY UPDATE"
         " quantity = LEAST(?, cart_items.quantity + VALUES(quantity))");
SQL_EXEC(sql_cart_delete, "DELETE FROM carts WHERE tenant_id = ? AND id = ?");
SQL_EXEC(sql_cart_close, "UPDATE carts SET is_open = NULL, updated_at = ?"
                         " WHERE tenant_id = ? AND id = ? AND is_open = 1");
SQL_ROWS(sql_shipping_choice, struct shipping_choice, shipping_choice_row,
         "SELECT id, name, price, COALESCE(free_shipping_threshold, -1) AS free_from"
         " FROM shipping_methods WHERE tenant_id = ? AND id = ? AND is_active");

enum err cart_rows_of_owner(struct db *db, struct tenant_id tenant,
                            const uint8_t owner[SHA256_SIZE], struct cart_row **rows, size_t *n)
{
    return db_all(db, rows, n, sql_cart_of_owner, P(&tenant), P_BYTES(owner, SHA256_SIZE));
}

enum err cart_rows_of_session(struct db *db, struct tenant_id tenant,
                              const uint8_t hash[SHA256_SIZE], struct utc now,
                              struct utc idle_since, struct cart_row **rows, size_t *n)
{
    return db_all(db, rows, n, sql_cart_of_session, P(&tenant), P_BYTES(hash, SHA256_SIZE), P(now),
                  P(idle_since));
}

enum err cart_look_up(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                      const struct product_id *product, struct cart_look *out)
{
    return db_one(db, out, sql_cart_look_up, P_BYTES(owner, SHA256_SIZE), P(&tenant), P(product));
}

enum err cart_insert(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                     const uint8_t owner[SHA256_SIZE], struct utc now)
{
    return db_exec(db, sql_cart_insert, P(&tenant), P(id), P_BYTES(owner, SHA256_SIZE), P(now),
                   P(now));
}

enum err cart_item_put(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                       const struct product_id *product, int64_t quantity, struct utc now)
{
    struct cart_item_id id;
    uuid_new(id.text);
    return db_exec(db, sql_cart_item_put, P(&id), P(quantity), P(now), P(&tenant),
                   P_BYTES(owner, SHA256_SIZE), P(product), P(quantity), P(CART_QUANTITY_MAX));
}

enum err cart_item_remove(struct db *db, struct tenant_id tenant, const struct cart_id *cart,
                          const struct product_id *product)
{
    return db_exec(db, sql_cart_item_remove, P(&tenant), P(cart), P(product));
}

enum err cart_of_owner_lock(struct db *db, struct tenant_id tenant,
                            const uint8_t owner[SHA256_SIZE], struct cart_head *out)
{
    return db_one(db, out, sql_cart_of_owner_lock, P(&tenant), P_BYTES(owner, SHA256_SIZE));
}

enum err cart_lock(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                   struct cart_head *out)
{
    return db_one(db, out, sql_cart_lock, P(&tenant), P(id));
}

enum err cart_set_owner(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                        const uint8_t owner[SHA256_SIZE], struct utc now)
{
    return db_exec(db, sql_cart_set_owner, P_BYTES(owner, SHA256_SIZE), P(now), P(&tenant), P(id));
}

enum err cart_move_items(struct db *db, struct tenant_id tenant, const struct cart_id *from,
                         const struct cart_id *to)
{
    return db_exec(db, sql_cart_move_items, P(to), P(&tenant), P(from), P(CART_QUANTITY_MAX));
}

enum err cart_delete(struct db *db, struct tenant_id tenant, const struct cart_id *id)
{
    return db_exec(db, sql_cart_delete, P(&tenant), P(id));
}

enum err cart_close(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                    struct utc now)
{
    TRY(db_exec(db, sql_cart_close, P(now), P(&tenant), P(id)));
    return db_changed(db) == 1 ? OK : E_NO_OPEN_CART;
}

enum err shipping_choice_get(struct db *db, struct tenant_id tenant,
                             const struct shipping_method_id *id, struct shipping_choice *out)
{
    enum err e = db_one(db, out, sql_shipping_choice, P(&tenant), P(id));
    return e == E_NOT_FOUND ? E_NO_SHIPPING : e;
}
