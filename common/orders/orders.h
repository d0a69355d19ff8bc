#ifndef ORDERS_ORDERS_H
#define ORDERS_ORDERS_H
#include "db/db.h"

/* Orders: made from a cart, paid by an attempt of payments/, moved along by the shop (contract
 * section 4). */

enum order_status {
    ORDER_PENDING,
    ORDER_CONFIRMED,
    ORDER_PROCESSING,
    ORDER_SHIPPED,
    ORDER_DELIVERED,
    ORDER_CANCELLED,
    ORDER_REFUNDED,
};
enum payment_status {
    PAYMENT_PENDING,
    PAYMENT_PAID,
    PAYMENT_PARTIALLY_PAID,
    PAYMENT_REFUNDED,
    PAYMENT_FAILED,
};
extern const char *const order_status_names[], *const payment_status_names[];
/* What a person reads; the tables of the shop document. */
const char *order_status_label(enum order_status s, bool english);
const char *payment_status_label(enum payment_status s, bool english);

struct address {
    const char *address_line1;
    const char *address_line2; /* NULL = none */
    const char *city, *postal_code, *country;
};

struct order {
    struct order_id id;
    const char *order_number;
    struct user_id user_id; /* "" : a guest's */
    enum order_status status;
    enum payment_status payment_status;
    const char *status_display, *payment_status_display; /* filled by order_labels() */
    const char *currency;
    int64_t item_count;
    struct money subtotal, discount, shipping, total, tax;
    const char *coupon_code; /* NULL = none */
    const char *customer_email, *customer_first_name, *customer_last_name, *customer_phone;
    struct address address;
    struct shipping_method_id shipping_method_id;
    const char *shipping_name;
    const char *tracking_number; /* NULL = none */
    const char *flag;            /* NULL = nothing for a person to see */
    struct utc created_at, paid_at, shipped_at, delivered_at, cancelled_at; /* us 0 = not yet */
};

struct order_item {
    struct product_id product_id;
    const char *name;
    int64_t quantity;
    struct money unit_price;
    struct bps tax_rate;
    struct money line_total;
};

struct order_move {
    const char *from; /* NULL: made */
    const char *to;
    struct utc at;
    const char *actor; /* "guest", "payment", "system", "user:<id>" */
};

/* Fills the display texts. */
void order_labels(struct order *o, bool english);

/* What POST /api/orders/ takes. */
struct order_request {
    struct cart_id cart_id;
    const char *customer_email, *customer_first_name, *customer_last_name, *customer_phone;
    struct address address;
    struct shipping_method_id shipping_method_id; /* "" = the cart's */
};

/* Who makes it. */
struct order_maker {
    const uint8_t *owner;   /* of the cart: SHA256_SIZE bytes */
    struct user_id user_id; /* "" = a guest */
    bool asked_before;      /* the same Idempotency-Key ran once and left no answer */
};

/*
 * order_create - make an order of a cart
 *
 *   hold_minutes  how long it keeps its stock unpaid
 *   out           filled on OK
 *
 * Prices, names, address and shipping are frozen; stock is taken by conditional updates, never below
 * zero; the cart is closed; all in one transaction of its own. Two requests for one cart make one
 * order: the second is told E_NO_OPEN_CART, or given the same order when maker->asked_before.
 *
 * E_NO_OPEN_CART, E_CART_EMPTY, E_NO_SHIPPING, E_NO_PRODUCT, E_STOCK (says how many are left), E_DB_*.
 */
enum err order_create(struct db *db, const struct tenant_id tenant, const char *tenant_code,
                      const struct order_maker *maker, const struct order_request *req,
                      struct utc now, int64_t hold_minutes, struct order *out);

/* Whose orders a look-up may find. */
struct order_viewer {
    bool sees_all;          /* owner, admin */
    struct user_id user_id; /* else only this user's */
};

struct order_filter {
    const char *status, *payment_status, *customer_email, *order_number; /* NULL = any */
    struct utc before;     /* cursor; see struct page */
    const char *before_id; /* NULL = from the newest */
    int64_t limit;
};

/* Newest first, at most `limit` rows. */
enum err order_list(struct db *db, struct tenant_id tenant, const struct order_viewer *viewer,
                    const struct order_filter *filter, struct order **out, size_t *n);

/* E_NO_ORDER when there is none, or it is another's. */
enum err order_get(struct db *db, struct tenant_id tenant, const struct order_viewer *viewer,
                   const struct order_id *id, struct order *out);
enum err order_items(struct db *db, struct tenant_id tenant, const struct order_id *id,
                     struct order_item **out, size_t *n);
enum err order_history(struct db *db, struct tenant_id tenant, const struct order_id *id,
                       struct order_move **out, size_t *n);

/* For anyone who knows the number; any malformed number is simply not found. */
enum err order_track(struct db *db, struct tenant_id tenant, const char *number, struct order *out);

/* ---- For payments/, inside its transaction ---- */

/* Locks it. E_NO_ORDER. */
enum err order_lock(struct db *db, struct tenant_id tenant, const struct order_id *id,
                    struct order *out);

/* The outcome of paying: what the order made of the money. */
enum order_paid {
    ORDER_NOW_PAID,     /* confirmed and paid */
    ORDER_PAID_LATE,    /* it was cancelled before: money kept, flagged for a person */
    ORDER_PAID_ALREADY, /* by another attempt: this money is too much */
};
enum err order_mark_paid(struct db *db, struct tenant_id tenant, const struct order *locked,
                         struct utc now, enum order_paid *out);
/* Only says that the last try failed; another may follow. */
enum err order_mark_payment(struct db *db, struct tenant_id tenant, const struct order_id *id,
                            enum payment_status from, enum payment_status to, struct utc now);

/* ORD-DEMO-12345678-ABCD2345, PAY-DEMO-…: 66 random bits. `out` holds NUMBER_TEXT bytes. */
enum { NUMBER_TEXT = 51 };
void public_number(char out[NUMBER_TEXT], const char *prefix, const char *tenant_code);

#endif
