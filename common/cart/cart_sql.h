#ifndef CART_CART_SQL_H
#define CART_CART_SQL_H
#include "cart/cart.h"

/* A line of an open cart with all that it takes to price it, in no order; a cart without lines is
 * one row without an item. */
struct cart_row {
    struct cart_id cart_id;
    struct shipping_method_id shipping_method_id;
    const char *shipping_name;
    struct money shipping_price;
    struct money free_from; /* negative: never free */
    struct cart_item_id item_id;
    struct utc added_at;
    struct product_id product_id;
    int64_t quantity;
    const char *name;
    struct money unit_price;
    struct bps tax_rate;
};

/* Why nothing could be added. */
struct cart_look {
    struct cart_id cart_id; /* "" = no open cart */
    int64_t stock;
    int64_t in_cart; /* pieces of this product */
};

struct shipping_choice {
    struct shipping_method_id id;
    const char *name;
    struct money price;
    struct money free_from;
};

struct cart_head {
    struct cart_id id;
    struct sealed owner;
    bool is_open;
    struct shipping_method_id shipping_method_id;
};

enum err cart_rows_of_owner(struct db *db, struct tenant_id tenant,
                            const uint8_t owner[SHA256_SIZE], struct cart_row **rows, size_t *n);
enum err cart_rows_of_session(struct db *db, struct tenant_id tenant,
                              const uint8_t hash[SHA256_SIZE], struct utc now,
                              struct utc idle_since, struct cart_row **rows, size_t *n);
/* E_NOT_FOUND: no such product on sale. */
enum err cart_look_up(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                      const struct product_id *product, struct cart_look *out);
enum err cart_insert(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                     const uint8_t owner[SHA256_SIZE], struct utc now);
/*
 * Adds pieces of a product to the owner's open cart. db_changed(): 1 a new line, 2 a line that was
 * there, 0 nothing: there is no open cart, or no such product on sale, or not enough of it.
 */
enum err cart_item_put(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                       const struct product_id *product, int64_t quantity, struct utc now);
enum err cart_item_remove(struct db *db, struct tenant_id tenant, const struct cart_id *cart,
                          const struct product_id *product);
enum err cart_of_owner_lock(struct db *db, struct tenant_id tenant,
                            const uint8_t owner[SHA256_SIZE], struct cart_head *out);
enum err cart_lock(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                   struct cart_head *out);
enum err cart_set_owner(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                        const uint8_t owner[SHA256_SIZE], struct utc now);
enum err cart_move_items(struct db *db, struct tenant_id tenant, const struct cart_id *from,
                         const struct cart_id *to);
enum err cart_delete(struct db *db, struct tenant_id tenant, const struct cart_id *id);
enum err shipping_choice_get(struct db *db, struct tenant_id tenant,
                             const struct shipping_method_id *id, struct shipping_choice *out);

#endif
