#ifndef ORDERS_ORDERS_SQL_H
#define ORDERS_ORDERS_SQL_H
#include "cart/cart.h"
#include "orders/orders.h"

enum err order_insert(struct db *db, struct tenant_id tenant, const struct order *o,
                      const struct cart_id *cart, struct utc hold_until);
enum err order_item_insert(struct db *db, struct tenant_id tenant, const struct order_id *order,
                           int64_t line, const struct cart_line *item);
enum err order_history_insert(struct db *db, struct tenant_id tenant, const struct order_id *order,
                              const char *from, const char *to, struct utc at, const char *actor);
enum err order_by_cart(struct db *db, struct tenant_id tenant, const struct cart_id *cart,
                       const uint8_t owner[SHA256_SIZE], struct order *out);
/* db_changed() is 0 when there are not enough. */
enum err stock_take(struct db *db, struct tenant_id tenant, const struct product_id *product,
                    int64_t pieces, struct utc now);
enum err stock_left(struct db *db, struct tenant_id tenant, const struct product_id *product,
                    int64_t *out);
/* Guarded moves; db_changed() says whether it happened. */
enum err order_confirm_paid(struct db *db, struct tenant_id tenant, const struct order_id *id,
                            struct utc now);
enum err order_keep_late_money(struct db *db, struct tenant_id tenant, const struct order_id *id,
                               struct utc now);

#endif
