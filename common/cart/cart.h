#ifndef CART_CART_H
#define CART_CART_H
#include "db/db.h"

/*
 * Carts (contract section 4): one open cart an owner (see sessions). Prices are those of the
 * catalogue at every look; nothing is reserved before there is an order.
 */
enum { CART_LINES_MAX = 100, CART_QUANTITY_MAX = 9999 };

struct cart_line {
    struct cart_item_id id;
    struct product_id product_id;
    const char *name;
    struct money unit_price; /* KDV included */
    int64_t quantity;
    struct money line_total;
    struct bps tax_rate;
};

struct cart {
    struct cart_id id; /* "" : there is no cart yet */
    struct cart_line *lines;
    size_t nlines;
    int64_t item_count; /* pieces */
    struct money subtotal, discount, shipping, total;
    struct money tax; /* KDV contained in the lines */
    const char *currency;
    const char *coupon_code; /* NULL = none */
    struct shipping_method_id shipping_method_id;
    const char *shipping_name; /* NULL = not chosen, or no longer offered */
};

/* An owner's open cart; empty, without an id, when there is none. */
enum err cart_view(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                   struct cart *out);

/* The same by session: session and cart in one look, for the page that shops ask for most. An
 * unknown or expired session has an empty cart. */
enum err cart_view_of_session(struct db *db, struct tenant_id tenant,
                              const uint8_t token_hash[SHA256_SIZE], struct utc now,
                              struct utc idle_since, struct cart *out);

/*
 * cart_add - put pieces of a product into the owner's cart, which is made when there is none
 *
 *   quantity  1..CART_QUANTITY_MAX, added to what is there
 *   out       the cart after it
 *
 * E_NO_PRODUCT (unknown, or not sold any more), E_STOCK (says how many there are; what is in the cart
 * counts), E_CART_FULL, E_DB_*. Opens no transaction: one statement decides.
 */
enum err cart_add(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                  const struct product_id *product, int64_t quantity, struct utc now,
                  struct cart *out);

/* A guest has logged in: the guest's cart becomes the user's, line by line when both have one. */
enum err cart_adopt(struct db *db, struct tenant_id tenant, const uint8_t guest[SHA256_SIZE],
                    const uint8_t user[SHA256_SIZE], struct utc now);

/* ---- For orders/, inside its transaction ---- */

/*
 * Locks the owner's open cart and fills it, priced with the shipping method (the cart's own when the
 * id is ""). E_NO_OPEN_CART (none of this id, another's, or closed), E_NO_SHIPPING, E_CART_EMPTY.
 */
enum err cart_lock_for_order(struct db *db, struct tenant_id tenant,
                             const uint8_t owner[SHA256_SIZE], const struct cart_id *id,
                             const struct shipping_method_id *shipping, struct cart *out);
enum err cart_close(struct db *db, struct tenant_id tenant, const struct cart_id *id,
                    struct utc now);

#endif
