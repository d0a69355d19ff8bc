#include "orders/orders_sql.h"

#include <string.h>

#include "base/text.h"

static const struct field order_row[] = {
    {"id",                  FIELD(struct order, id),                    REQUIRED                   },
    {"order_number",        FIELD(struct order, order_number),          REQUIRED                   },
    {"user_id",             FIELD(struct order, user_id),               OPTIONAL                   },
    {"status",              FIELD(struct order, status),                NAMES(order_status_names)  },
    {"payment_status",      FIELD(struct order, payment_status),        NAMES(payment_status_names)},
    {"currency",            FIELD(struct order, currency),              REQUIRED                   },
    {"item_count",          FIELD(struct order, item_count),            REQUIRED                   },
    {"subtotal",            FIELD(struct order, subtotal),              REQUIRED                   },
    {"discount",            FIELD(struct order, discount),              REQUIRED                   },
    {"shipping",            FIELD(struct order, shipping),              REQUIRED                   },
    {"total",               FIELD(struct order, total),                 REQUIRED                   },
    {"tax",                 FIELD(struct order, tax),                   REQUIRED                   },
    {"coupon_code",         FIELD(struct order, coupon_code),           OPTIONAL                   },
    {"customer_email",      FIELD(struct order, customer_email),        REQUIRED                   },
    {"customer_first_name", FIELD(struct order, customer_first_name),   REQUIRED                   },
    {"customer_last_name",  FIELD(struct order, customer_last_name),    REQUIRED                   },
    {"customer_phone",      FIELD(struct order, customer_phone),        REQUIRED                   },
    {"address_line1",       FIELD(struct order, address.address_line1), REQUIRED                   },
    {"address_line2",       FIELD(struct order, address.address_line2), OPTIONAL                   },
    {"city",                FIELD(struct order, address.city),          REQUIRED                   },
    {"postal_code",         FIELD(struct order, address.postal_code),   REQUIRED                   },
    {"country",             FIELD(struct order, address.country),       REQUIRED                   },
    {"shipping_method_id",  FIELD(struct order, shipping_method_id),    REQUIRED                   },
    {"shipping_name",       FIELD(struct order, shipping_name),         REQUIRED                   },
    {"tracking_number",     FIELD(struct order, tracking_number),       OPTIONAL                   },
    {"flag",                FIELD(struct order, flag),                  OPTIONAL                   },
    {"created_at",          FIELD(struct order, created_at),            REQUIRED                   },
    {"paid_at",             FIELD(struct order, paid_at),               OPTIONAL                   },
    {"shipped_at",          FIELD(struct order, shipped_at),            OPTIONAL                   },
    {"delivered_at",        FIELD(struct order, delivered_at),          OPTIONAL                   },
    {"cancelled_at",        FIELD(struct order, cancelled_at),          OPTIONAL                   },
};
#define SELECT_ORDER                                                                          \
    "SELECT id, order_number, user_id, status, payment_status, currency, item_count,"         \
    " subtotal, discount, shipping, total, tax, coupon_code, customer_email,"                 \
    " customer_first_name, customer_last_name, customer_phone, address_line1, address_line2," \
    " city, postal_code, country, shipping_method_id, shipping_name, tracking_number, flag,"  \
    " created_at, paid_at, shipped_at, delivered_at, cancelled_at FROM orders"

static const struct field tracked_row[] = {
    {"order_number",    FIELD(struct order, order_number),    REQUIRED                   },
    {"status",          FIELD(struct order, status),          NAMES(order_status_names)  },
    {"payment_status",  FIELD(struct order, payment_status),  NAMES(payment_status_names)},
    {"tracking_number", FIELD(struct order, tracking_number), OPTIONAL                   },
    {"shipped_at",      FIELD(struct order, shipped_at),      OPTIONAL                   },
    {"delivered_at",    FIELD(struct order, delivered_at),    OPTIONAL                   },
    {"created_at",      FIELD(struct order, created_at),      REQUIRED                   },
    {"total",           FIELD(struct order, total),           REQUIRED                   },
    {"currency",        FIELD(struct order, currency),        REQUIRED                   },
};
static const struct field listed_row[] = {
    {"id",             FIELD(struct order, id),             REQUIRED                   },
    {"order_number",   FIELD(struct order, order_number),   REQUIRED                   },
    {"status",         FIELD(struct order, status),         NAMES(order_status_names)  },
    {"payment_status", FIELD(struct order, payment_status), NAMES(payment_status_names)},
    {"total",          FIELD(struct order, total),          REQUIRED                   },
    {"currency",       FIELD(struct order, currency),       REQUIRED                   },
    {"created_at",     FIELD(struct order, created_at),     REQUIRED                   },
    {"item_count",     FIELD(struct order, item_count),     REQUIRED                   },
};
static const struct field item_row[] = {
    {"product_id", FIELD(struct order_item, product_id), REQUIRED},
    {"name",       FIELD(struct order_item, name),       REQUIRED},
    {"quantity",   FIELD(struct order_item, quantity),   REQUIRED},
    {"unit_price", FIELD(struct order_item, unit_price), REQUIRED},
    {"tax_rate",   FIELD(struct order_item, tax_rate),   REQUIRED},
    {"line_total", FIELD(struct order_item, line_total), REQUIRED},
};
static const struct field move_row[] = {
    {"from_status", FIELD(struct order_move, from),  OPTIONAL},
    {"to_status",   FIELD(struct order_move, to),    REQUIRED},
    {"at",          FIELD(struct order_move, at),    REQUIRED},
    {"actor",       FIELD(struct order_move, actor), REQUIRED},
};
struct stock {
    int64_t stock;
};
static const struct field stock_row[] = {
    {"stock", FIELD(struct stock, stock), REQUIRED},
};

SQL_ROWS(sql_order_get, struct order, order_row, SELECT_ORDER " WHERE tenant_id = ? AND id = ?");
SQL_ROWS(sql_order_lock, struct order, order_row,
         SELECT_ORDER " WHERE tenant_id = ? AND id = ? FOR UPDATE");
SQL_ROWS(sql_order_by_cart, struct order, order_row,
         SELECT_ORDER " WHERE tenant_id = ? AND cart_id = ? AND EXISTS (SELECT 1 FROM carts c"
                      "   WHERE c.tenant_id = orders.tenant_id AND c.id = orders.cart_id"
                      "   AND c.owner = ?)");
SQL_ROWS(sql_order_track, struct order, tracked_row,
         "SELECT order_number, status, payment_status, tracking_number, shipped_at, delivered_at,"
         " created_at, total, currency FROM orders WHERE tenant_id = ? AND order_number = ?");

#define SELECT_LISTED                                                                          \
    "SELECT id, order_number, status, payment_status, total, currency, created_at, item_count" \
    " FROM orders"
/* Parameters: status, payment_status, order_number twice each, then the cursor. */
#define LIST_END                                                           \
    " AND (? IS NULL OR status = ?) AND (? IS NULL OR payment_status = ?)" \
    " AND (? IS NULL OR order_number = ?)"                                 \
    " AND (? IS NULL OR created_at < ? OR (created_at = ? AND id < ?))"    \
    " ORDER BY created_at DESC, id DESC LIMIT ?"
SQL_ROWS(sql_orders_newest, struct order, listed_row,
         SELECT_LISTED " WHERE tenant_id = ?" LIST_END);
SQL_ROWS(sql_orders_of_user, struct order, listed_row,
         SELECT_LISTED
         " WHERE tenant_id = ? AND user_id = ? AND (? IS NULL OR customer_email = ?)" LIST_END);
SQL_ROWS(sql_orders_of_email, struct order, listed_row,
         SELECT_LISTED " WHERE tenant_id = ? AND customer_email = ?" LIST_END);
SQL_ROWS(sql_order_items, struct order_item, item_row,
         "SELECT product_id, name, quantity, unit_price, tax_rate, line_total FROM order_items"
         " WHERE tenant_id = ? AND order_id = ? ORDER BY line");
SQL_ROWS(sql_order_history, struct order_move, move_row,
         "SELECT from_status, to_status, at, actor FROM order_history"
         " WHERE tenant_id = ? AND order_id = ? ORDER BY id");

SQL_EXEC(sql_order_insert,
         "INSERT INTO orders (tenant_id, id, order_number, cart_id, user_id, status,"
         " payment_status, currency, item_count, subtotal, discount, shipping, total, tax,"
         " coupon_code, customer_email, customer_first_name, customer_last_name, customer_phone,"
         " address_line1, address_line2, city, postal_code, country, shipping_method_id,"
         " shipping_name, created_at, updated_at, hold_until)"
         " VALUES (?, ?, ?, ?, ?, 'pending', 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
         " ?, ?, ?, ?, ?, ?, ?, ?)");
SQL_EXEC(sql_order_item_insert,
         "INSERT INTO order_items (tenant_id, order_id, line, product_id, name, quantity,"
         " unit_price, tax_rate, line_total) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
SQL_EXEC(sql_order_history_insert,
         "INSERT INTO order_history (tenant_id, order_id, from_status, to_status, at, actor)"
         " VALUES (?, ?, ?, ?, ?, ?)");
SQL_EXEC(sql_stock_take, "UPDATE products SET stock = stock - ?, updated_at = ?"
                         " WHERE tenant_id = ? AND id = ? AND is_active AND stock >= ?");
SQL_ROWS(sql_stock_left, struct stock, stock_row,
         "SELECT stock FROM products WHERE tenant_id = ? AND id = ? AND is_active");
SQL_EXEC(sql_order_confirm_paid,
         "UPDATE orders FORCE INDEX (PRIMARY) SET status = 'confirmed', payment_status = 'paid', "
         "paid_at = ?,"
         " updated_at = ? WHERE tenant_id = ? AND id = ? AND status = 'pending'"
         " AND payment_status IN ('pending', 'failed')");
SQL_EXEC(
    sql_order_keep_late_money,
    "UPDATE orders FORCE INDEX (PRIMARY) SET payment_status = 'paid', paid_at = ?, updated_at = ?,"
    " flag = 'paid_late' WHERE tenant_id = ? AND id = ? AND status <> 'pending'"
    " AND payment_status IN ('pending', 'failed')");
SQL_EXEC(sql_order_mark_payment,
         "UPDATE orders FORCE INDEX (PRIMARY) SET payment_status = ?, updated_at = ?"
         " WHERE tenant_id = ? AND id = ? AND payment_status = ?");

enum err order_lock(struct db *db, struct tenant_id tenant, const struct order_id *id,
                    struct order *out)
{
    enum err e = db_one(db, out, sql_order_lock, P(&tenant), P(id));
    return e == E_NOT_FOUND ? E_NO_ORDER : e;
}

enum err order_get(struct db *db, struct tenant_id tenant, const struct order_viewer *viewer,
                   const struct order_id *id, struct order *out)
{
    enum err e = db_one(db, out, sql_order_get, P(&tenant), P(id));
    if (e == E_NOT_FOUND)
        return E_NO_ORDER;
    TRY(e);
    bool own =
        !uuid_is_none(out->user_id.text) && strcmp(out->user_id.text, viewer->user_id.text) == 0;
    return viewer->sees_all || own ? OK : E_NO_ORDER;
}

enum err order_by_cart(struct db *db, struct tenant_id tenant, const struct cart_id *cart,
                       const uint8_t owner[SHA256_SIZE], struct order *out)
{
    return db_one(db, out, sql_order_by_cart, P(&tenant), P(cart), P_BYTES(owner, SHA256_SIZE));
}

/* Other letters can't be compared with the column, and a space at the end would be overlooked. */
static bool is_number(const char *s)
{
    return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0';
}

enum err order_track(struct db *db, struct tenant_id tenant, const char *number, struct order *out)
{
    if (!is_number(number))
        return E_NO_ORDER;
    enum err e = db_one(db, out, sql_order_track, P(&tenant), P(number));
    return e == E_NOT_FOUND ? E_NO_ORDER : e;
}

/* A filter that no row can match: its column holds words for machines only. */
static bool may_match(const char *filter)
{
    return filter == NULL || text_is_code(filter, NUMBER_TEXT - 1);
}

#define LIST_PARAMS(f)                                                                 \
    P((f)->status), P((f)->status), P((f)->payment_status), P((f)->payment_status),    \
        P((f)->order_number), P((f)->order_number), P((f)->before_id), P((f)->before), \
        P((f)->before), P((f)->before_id), P((f)->limit)

enum err order_list(struct db *db, struct tenant_id tenant, const struct order_viewer *viewer,
                    const struct order_filter *f, struct order **out, size_t *n)
{
    *n = 0;
    if (!may_match(f->status) || !may_match(f->payment_status) || !may_match(f->order_number))
        return OK;
    if (!viewer->sees_all)
        return db_all(db, out, n, sql_orders_of_user, P(&tenant), P(&viewer->user_id),
                      P(f->customer_email), P(f->customer_email), LIST_PARAMS(f));
    if (f->customer_email != NULL)
        return db_all(db, out, n, sql_orders_of_email, P(&tenant), P(f->customer_email),
                      LIST_PARAMS(f));
    return db_all(db, out, n, sql_orders_newest, P(&tenant), LIST_PARAMS(f));
}

enum err order_items(struct db *db, struct tenant_id tenant, const struct order_id *id,
                     struct order_item **out, size_t *n)
{
    return db_all(db, out, n, sql_order_items, P(&tenant), P(id));
}

enum err order_history(struct db *db, struct tenant_id tenant, const struct order_id *id,
                       struct order_move **out, size_t *n)
{
    return db_all(db, out, n, sql_order_history, P(&tenant), P(id));
}

enum err order_insert(struct db *db, struct tenant_id tenant, const struct order *o,
                      const struct cart_id *cart, struct utc hold_until)
{
    return db_exec(db, sql_order_insert, P(&tenant), P(&o->id), P(o->order_number), P(cart),
                   P(&o->user_id), P(o->currency), P(o->item_count), P(o->subtotal), P(o->discount),
                   P(o->shipping), P(o->total), P(o->tax), P(o->coupon_code), P(o->customer_email),
                   P(o->customer_first_name), P(o->customer_last_name), P(o->customer_phone),
                   P(o->address.address_line1), P(o->address.address_line2), P(o->address.city),
                   P(o->address.postal_code), P(o->address.country), P(&o->shipping_method_id),
                   P(o->shipping_name), P(o->created_at), P(o->created_at), P(hold_until));
}

enum err order_item_insert(struct db *db, struct tenant_id tenant, const struct order_id *order,
                           int64_t line, const struct cart_line *item)
{
    return db_exec(db, sql_order_item_insert, P(&tenant), P(order), P(line), P(&item->product_id),
                   P(item->name), P(item->quantity), P(item->unit_price), P(item->tax_rate),
                   P(item->line_total));
}

enum err order_history_insert(struct db *db, struct tenant_id tenant, const struct order_id *order,
                              const char *from, const char *to, struct utc at, const char *actor)
{
    return db_exec(db, sql_order_history_insert, P(&tenant), P(order), P(from), P(to), P(at),
                   P(actor));
}

enum err stock_take(struct db *db, struct tenant_id tenant, const struct product_id *product,
                    int64_t pieces, struct utc now)
{
    return db_exec(db, sql_stock_take, P(pieces), P(now), P(&tenant), P(product), P(pieces));
}

enum err stock_left(struct db *db, struct tenant_id tenant, const struct product_id *product,
                    int64_t *out)
{
    struct stock s = {0};
    TRY(db_one(db, &s, sql_stock_left, P(&tenant), P(product)));
    *out = s.stock;
    return OK;
}

enum err order_confirm_paid(struct db *db, struct tenant_id tenant, const struct order_id *id,
                            struct utc now)
{
    return db_exec(db, sql_order_confirm_paid, P(now), P(now), P(&tenant), P(id));
}

enum err order_keep_late_money(struct db *db, struct tenant_id tenant, const struct order_id *id,
                               struct utc now)
{
    return db_exec(db, sql_order_keep_late_money, P(now), P(now), P(&tenant), P(id));
}

enum err order_mark_payment(struct db *db, struct tenant_id tenant, const struct order_id *id,
                            enum payment_status from, enum payment_status to, struct utc now)
{
    return db_exec(db, sql_order_mark_payment, P(payment_status_names[to]), P(now), P(&tenant),
                   P(id), P(payment_status_names[from]));
}
