#include "orders/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orders/orders_sql.h"

const char *const order_status_names[] = {
    [ORDER_PENDING] = "pending",       [ORDER_CONFIRMED] = "confirmed",
    [ORDER_PROCESSING] = "processing", [ORDER_SHIPPED] = "shipped",
    [ORDER_DELIVERED] = "delivered",   [ORDER_CANCELLED] = "cancelled",
    [ORDER_REFUNDED] = "refunded",     NULL,
};
const char *const payment_status_names[] = {
    [PAYMENT_PENDING] = "pending",
    [PAYMENT_PAID] = "paid",
    [PAYMENT_PARTIALLY_PAID] = "partially_paid",
    [PAYMENT_REFUNDED] = "refunded",
    [PAYMENT_FAILED] = "failed",
    NULL,
};

struct label {
    const char *tr, *en;
};

const char *order_status_label(enum order_status s, bool english)
{
    static const struct label labels[] = {
        [ORDER_PENDING] = {"Beklemede",       "Pending"   },
        [ORDER_CONFIRMED] = {"Onaylandı",      "Confirmed" },
        [ORDER_PROCESSING] = {"Hazırlanıyor",  "Processing"},
        [ORDER_SHIPPED] = {"Kargoya Verildi", "Shipped"   },
        [ORDER_DELIVERED] = {"Teslim Edildi",   "Delivered" },
        [ORDER_CANCELLED] = {"İptal Edildi",   "Cancelled" },
        [ORDER_REFUNDED] = {"İade Edildi",    "Refunded"  },
    };
    return english ? labels[s].en : labels[s].tr;
}

const char *payment_status_label(enum payment_status s, bool english)
{
    static const struct label labels[] = {
        [PAYMENT_PENDING] = {"Ödeme Bekleniyor",   "Awaiting payment"},
        [PAYMENT_PAID] = {"Ödendi",             "Paid"            },
        [PAYMENT_PARTIALLY_PAID] = {"Kısmen Ödendi",     "Partially paid"  },
        [PAYMENT_REFUNDED] = {"İade Edildi",        "Refunded"        },
        [PAYMENT_FAILED] = {"Ödeme Başarısız", "Payment failed"  },
    };
    return english ? labels[s].en : labels[s].tr;
}

void order_labels(struct order *o, bool english)
{
    o->status_display = order_status_label(o->status, english);
    o->payment_status_display = payment_status_label(o->payment_status, english);
}

void public_number(char out[NUMBER_TEXT], const char *prefix, const char *tenant_code)
{
    char digits[9], letters[9], code[24];

    random_text(digits, 8, "0123456789");
    random_text(letters, 8, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789");
    snprintf(code, sizeof(code), "%s", tenant_code);
    for (char *p = code; *p != '\0'; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - ('a' - 'A'));
    snprintf(out, NUMBER_TEXT, "%s-%s-%s-%s", prefix, code, digits, letters);
}

/* ---- Making one ---- */

static const char *actor_of(struct db *db, const struct user_id *user)
{
    return uuid_is_none(user->text) ? "guest" : arena_printf(db_arena(db), "user:%s", user->text);
}

static int by_product(const void *a, const void *b)
{
    const struct cart_line *x = a, *y = b;
    return strcmp(x->product_id.text, y->product_id.text);
}

/* In one order for everybody, so that two orders never wait for each other crosswise. */
static enum err take_stock(struct db *db, struct tenant_id tenant, const struct cart *cart,
                           struct utc now)
{
    struct cart_line *lines = NEW_N(db_arena(db), struct cart_line, cart->nlines);

    memcpy(lines, cart->lines, cart->nlines * sizeof(*lines));
    qsort(lines, cart->nlines, sizeof(*lines), by_product);
    for (size_t i = 0; i < cart->nlines; i++) {
        int64_t left = 0;
        TRY(stock_take(db, tenant, &lines[i].product_id, lines[i].quantity, now));
        if (db_changed(db) == 1)
            continue;
        enum err e = stock_left(db, tenant, &lines[i].product_id, &left);
        if (e == E_NOT_FOUND)
            return E_NO_PRODUCT;
        TRY(e);
        return err_say(E_STOCK, "%lld", (long long)left);
    }
    return OK;
}

static void fill_order(struct order *o, const struct order_request *req, const struct cart *cart,
                       const struct order_maker *maker, struct utc now)
{
    *o = (struct order){
        .user_id = maker->user_id,
        .status = ORDER_PENDING,
        .payment_status = PAYMENT_PENDING,
        .currency = cart->currency,
        .item_count = cart->item_count,
        .subtotal = cart->subtotal,
        .discount = cart->discount,
        .shipping = cart->shipping,
        .total = cart->total,
        .tax = cart->tax,
        .coupon_code = cart->coupon_code,
        .customer_email = req->customer_email,
        .customer_first_name = req->customer_first_name,
        .customer_last_name = req->customer_last_name,
        .customer_phone = req->customer_phone,
        .address = req->address,
        .shipping_method_id = cart->shipping_method_id,
        .shipping_name = cart->shipping_name,
        .created_at = now,
    };
    uuid_new(o->id.text);
}

static enum err create(struct db *db, struct tenant_id tenant, const char *number,
                       const struct order_maker *maker, const struct order_request *req,
                       struct utc now, int64_t hold_minutes, struct order *out)
{
    struct cart cart;
    enum err e = cart_lock_for_order(db, tenant, maker->owner, &req->cart_id,
                                     &req->shipping_method_id, &cart);

    if (e == E_NO_OPEN_CART && maker->asked_before) {
        e = order_by_cart(db, tenant, &req->cart_id, maker->owner, out);
        if (e != OK)
            return e == E_NOT_FOUND ? E_NO_OPEN_CART : e;
        out->status = ORDER_PENDING; /* as it was answered, or should have been, the first time */
        out->payment_status = PAYMENT_PENDING;
        return OK;
    }
    TRY(e);
    TRY(take_stock(db, tenant, &cart, now));
    fill_order(out, req, &cart, maker, now);
    out->order_number = number;
    e = order_insert(db, tenant, out, &req->cart_id, utc_add_seconds(now, hold_minutes * 60));
    if (e != OK)
        return e == E_DUPLICATE ? E_DB_RETRY : e; /* a number met its double: one in 2^66 */
    for (size_t i = 0; i < cart.nlines; i++)
        TRY(order_item_insert(db, tenant, &out->id, (int64_t)i + 1, &cart.lines[i]));
    TRY(order_history_insert(db, tenant, &out->id, NULL, order_status_names[ORDER_PENDING], now,
                             actor_of(db, &maker->user_id)));
    return cart_close(db, tenant, &req->cart_id, now);
}

enum err order_create(struct db *db, struct tenant_id tenant, const char *tenant_code,
                      const struct order_maker *maker, const struct order_request *req,
                      struct utc now, int64_t hold_minutes, struct order *out)
{
    char *number = NEW_N(db_arena(db), char, NUMBER_TEXT);
    enum err e;

    DB_TX(db, &e) {
        public_number(number, "ORD", tenant_code);
        e = create(db, tenant, number, maker, req, now, hold_minutes, out);
    }
    return e;
}

/* ---- Being paid ---- */

enum err order_mark_paid(struct db *db, struct tenant_id tenant, const struct order *locked,
                         struct utc now, enum order_paid *out)
{
    TRY(order_confirm_paid(db, tenant, &locked->id, now));
    if (db_changed(db) == 1) {
        *out = ORDER_NOW_PAID;
        return order_history_insert(db, tenant, &locked->id, order_status_names[locked->status],
                                    order_status_names[ORDER_CONFIRMED], now, "payment");
    }
    TRY(order_keep_late_money(db, tenant, &locked->id, now));
    *out = db_changed(db) == 1 ? ORDER_PAID_LATE : ORDER_PAID_ALREADY;
    return OK;
}
