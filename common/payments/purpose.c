#include "payments/purpose.h"

#include <stdlib.h>
#include <string.h>

#include "orders/orders.h"

/* ---- An order of the shop ---- */

static enum err lock_order(struct db *db, const struct attempt *a)
{
    struct order order;
    return order_lock(db, a->tenant_id, &a->order_id, &order);
}

static enum err order_is_paid(struct db *db, const struct attempt *a, struct utc now,
                              struct paid_effect *out)
{
    struct order order;
    enum order_paid how;

    TRY(order_lock(db, a->tenant_id, &a->order_id, &order));
    TRY(order_mark_paid(db, a->tenant_id, &order, now, &how));
    switch (how) {
    case ORDER_NOW_PAID:
        *out = (struct paid_effect){true, NULL};
        return OK;
    case ORDER_PAID_LATE:
        *out = (struct paid_effect){true, "paid_late"};
        return OK;
    case ORDER_PAID_ALREADY:
        *out = (struct paid_effect){false, "duplicate_payment"};
        return OK;
    }
    return E_INTERNAL;
}

static enum err order_try_failed(struct db *db, const struct attempt *a, struct utc now)
{
    return order_mark_payment(db, a->tenant_id, &a->order_id, PAYMENT_PENDING, PAYMENT_FAILED, now);
}

static enum err describe_order(struct db *db, const struct attempt *a, struct provider_payment *out)
{
    const struct order_viewer anybody = {.sees_all = true};
    struct order o;

    TRY(order_get(db, a->tenant_id, &anybody, &a->order_id, &o));
    out->order_number = o.order_number;
    out->email = o.customer_email;
    out->name = arena_printf(db_arena(db), "%s %s", o.customer_first_name, o.customer_last_name);
    out->phone = o.customer_phone;
    return OK;
}

static const struct purpose purposes[] = {
    {"order", lock_order, order_is_paid, order_try_failed, describe_order},
};

const struct purpose *purpose_of(const struct attempt *a)
{
    for (size_t i = 0; i < COUNT(purposes); i++)
        if (strcmp(purposes[i].name, a->purpose) == 0)
            return &purposes[i];
    abort();
}
