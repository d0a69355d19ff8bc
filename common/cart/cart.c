#include "cart/cart.h"

#include <stdlib.h>
#include <string.h>

#include "cart/cart_sql.h"

enum { ADD_ATTEMPTS = 4 };

/* ---- Prices ---- */

static enum err price_lines(struct cart *cart)
{
    for (size_t i = 0; i < cart->nlines; i++) {
        struct cart_line *l = &cart->lines[i];
        if (!money_mul(&l->line_total, l->unit_price, l->quantity) ||
            !money_add(&cart->subtotal, cart->subtotal, l->line_total) ||
            !money_add(&cart->tax, cart->tax, money_tax_inside(l->line_total, l->tax_rate)))
            return E_AMOUNT_LIMIT;
        cart->item_count += l->quantity;
    }
    return OK;
}

static enum err price_total(struct cart *cart, struct money shipping, struct money free_from)
{
    bool is_free = money_cmp(free_from, KURUS(0)) >= 0 && money_cmp(cart->subtotal, free_from) >= 0;

    cart->shipping = is_free || cart->nlines == 0 ? KURUS(0) : shipping;
    cart->discount = KURUS(0);
    return money_add(&cart->total, cart->subtotal, cart->shipping) ? OK : E_AMOUNT_LIMIT;
}

static int by_age(const void *a, const void *b)
{
    const struct cart_row *x = a, *y = b;
    int by_time = utc_cmp(x->added_at, y->added_at);
    return by_time != 0 ? by_time : strcmp(x->item_id.text, y->item_id.text);
}

/* Sorted here: for a few lines the server's own sort costs more than the rest of the look. */
static enum err cart_from_rows(struct db *db, struct cart_row *rows, size_t n, struct cart *out)
{
    *out = (struct cart){.currency = "TRY"};
    if (n == 0)
        return OK;
    qsort(rows, n, sizeof(*rows), by_age);
    out->id = rows[0].cart_id;
    out->shipping_method_id = rows[0].shipping_method_id;
    out->shipping_name = rows[0].shipping_name;
    out->lines = NEW_N(db_arena(db), struct cart_line, n);
    for (size_t i = 0; i < n; i++) {
        const struct cart_row *r = &rows[i];
        if (uuid_is_none(r->item_id.text))
            continue;
        out->lines[out->nlines++] = (struct cart_line){.id = r->item_id,
                                                       .product_id = r->product_id,
                                                       .name = r->name,
                                                       .unit_price = r->unit_price,
                                                       .quantity = r->quantity,
                                                       .tax_rate = r->tax_rate};
    }
    TRY(price_lines(out));
    return price_total(out, rows[0].shipping_price, rows[0].free_from);
}

/* ---- Looking ---- */

enum err cart_view(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                   struct cart *out)
{
    struct cart_row *rows;
    size_t n;
    TRY(cart_rows_of_owner(db, tenant, owner, &rows, &n));
    return cart_from_rows(db, rows, n, out);
}

enum err cart_view_of_session(struct db *db, struct tenant_id tenant,
                              const uint8_t token_hash[SHA256_SIZE], struct utc now,
                              struct utc idle_since, struct cart *out)
{
    struct cart_row *rows;
    size_t n;
    TRY(cart_rows_of_session(db, tenant, token_hash, now, idle_since, &rows, &n));
    return cart_from_rows(db, rows, n, out);
}

/* ---- Adding ---- */

/* Nothing was added: says why, or makes the cart that was missing and answers E_DB_RETRY. */
static enum err why_not(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                        const struct product_id *product, int64_t quantity, struct utc now)
{
    struct cart_look look = {0};
    enum err e = cart_look_up(db, tenant, owner, product, &look);

    if (e == E_NOT_FOUND)
        return E_NO_PRODUCT;
    TRY(e);
    if (quantity > look.stock - look.in_cart || quantity + look.in_cart > CART_QUANTITY_MAX)
        return err_say(E_STOCK, "%lld", (long long)look.stock);
    if (!uuid_is_none(look.cart_id.text))
        return E_DB_RETRY; /* it has changed in this very moment */
    uuid_new(look.cart_id.text);
    e = cart_insert(db, tenant, &look.cart_id, owner, now);
    return e == OK || e == E_DUPLICATE ? E_DB_RETRY : e;
}

static enum err add_once(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                         const struct product_id *product, int64_t quantity, struct utc now,
                         bool *new_line)
{
    TRY(cart_item_put(db, tenant, owner, product, quantity, now));
    *new_line = db_changed(db) == 1;
    return db_changed(db) > 0 ? OK : why_not(db, tenant, owner, product, quantity, now);
}

enum err cart_add(struct db *db, struct tenant_id tenant, const uint8_t owner[SHA256_SIZE],
                  const struct product_id *product, int64_t quantity, struct utc now,
                  struct cart *out)
{
    enum err e = E_DB_RETRY;
    bool new_line = false;

    for (int i = 0; i < ADD_ATTEMPTS && e == E_DB_RETRY; i++)
        e = add_once(db, tenant, owner, product, quantity, now, &new_line);
    TRY(e);
    TRY(cart_view(db, tenant, owner, out));
    if (out->nlines <= CART_LINES_MAX || !new_line)
        return OK;
    TRY(cart_item_remove(db, tenant, &out->id, product));
    return err_say(E_CART_FULL, "%d", CART_LINES_MAX);
}

/* ---- After login ---- */

static enum err adopt(struct db *db, struct tenant_id tenant, const uint8_t guest[SHA256_SIZE],
                      const uint8_t user[SHA256_SIZE], struct utc now)
{
    struct cart_head from = {0}, to = {0};
    enum err e = cart_of_owner_lock(db, tenant, guest, &from);

    if (e != OK)
        return e == E_NOT_FOUND ? OK : e;
    e = cart_of_owner_lock(db, tenant, user, &to);
    if (e == E_NOT_FOUND) {
        e = cart_set_owner(db, tenant, &from.id, user, now);
        return e == E_DUPLICATE ? E_DB_RETRY : e; /* the user has just got one elsewhere */
    }
    TRY(e);
    TRY(cart_move_items(db, tenant, &from.id, &to.id));
    return cart_delete(db, tenant, &from.id);
}

enum err cart_adopt(struct db *db, struct tenant_id tenant, const uint8_t guest[SHA256_SIZE],
                    const uint8_t user[SHA256_SIZE], struct utc now)
{
    enum err e;

    DB_TX(db, &e)
        e = adopt(db, tenant, guest, user, now);
    return e;
}

/* ---- Becoming an order ---- */

enum err cart_lock_for_order(struct db *db, struct tenant_id tenant,
                             const uint8_t owner[SHA256_SIZE], const struct cart_id *id,
                             const struct shipping_method_id *shipping, struct cart *out)
{
    struct cart_head head = {0};
    struct shipping_choice choice;
    enum err e = cart_lock(db, tenant, id, &head);

    if (e != OK)
        return e == E_NOT_FOUND ? E_NO_OPEN_CART : e;
    if (!head.is_open || head.owner.len != SHA256_SIZE ||
        memcmp(head.owner.data, owner, SHA256_SIZE) != 0)
        return E_NO_OPEN_CART;
    TRY(cart_view(db, tenant, owner, out));
    if (out->nlines == 0)
        return E_CART_EMPTY;
    const struct shipping_method_id *chosen =
        uuid_is_none(shipping->text) ? &head.shipping_method_id : shipping;
    if (uuid_is_none(chosen->text))
        return E_NO_SHIPPING;
    TRY(shipping_choice_get(db, tenant, chosen, &choice));
    out->shipping_method_id = choice.id;
    out->shipping_name = choice.name;
    return price_total(out, choice.price, choice.free_from);
}
