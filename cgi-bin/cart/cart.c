#include "cart/cart.h"

#include "handlers.h"

static const struct field line_json[] = {
    {"id",         FIELD(struct cart_line, id),         REQUIRED},
    {"product_id", FIELD(struct cart_line, product_id), REQUIRED},
    {"name",       FIELD(struct cart_line, name),       REQUIRED},
    {"unit_price", FIELD(struct cart_line, unit_price), REQUIRED},
    {"quantity",   FIELD(struct cart_line, quantity),   REQUIRED},
    {"line_total", FIELD(struct cart_line, line_total), REQUIRED},
};
static const struct field cart_json[] = {
    {"id",                 FIELD(struct cart, id),                 OPTIONAL},
    {"item_count",         FIELD(struct cart, item_count),         REQUIRED},
    {"subtotal",           FIELD(struct cart, subtotal),           REQUIRED},
    {"discount",           FIELD(struct cart, discount),           REQUIRED},
    {"shipping",           FIELD(struct cart, shipping),           REQUIRED},
    {"total",              FIELD(struct cart, total),              REQUIRED},
    {"currency",           FIELD(struct cart, currency),           REQUIRED},
    {"coupon_code",        FIELD(struct cart, coupon_code),        OPTIONAL},
    {"shipping_method_id", FIELD(struct cart, shipping_method_id), OPTIONAL},
};

struct add_request {
    struct product_id product_id;
    int64_t quantity;
};
#define PIECES RANGE_OPTIONAL(1, CART_QUANTITY_MAX)

static const struct field add_request[] = {
    {"product_id", FIELD(struct add_request, product_id), REQUIRED},
    {"quantity",   FIELD(struct add_request, quantity),   PIECES  },
};

static enum err reply_cart(struct ctx *c, struct json_object *out, const struct cart *cart)
{
    struct json_object *o = json_row(cart, cart_json);

    json_object_object_add(o, "items", json_rows(cart->lines, cart->nlines, line_json));
    json_object_object_add(out, "cart", o);
    return ctx_reply(c, 200, out);
}

/* GET /api/cart/  ->  200 {"success": true, "cart": {...}}; without a session an empty cart */
enum err cart_show(struct ctx *c)
{
    uint8_t hash[SHA256_SIZE];
    struct cart cart = {.currency = "TRY"};
    struct utc idle_since = utc_add_seconds(c->now, -c->process->conf.session_idle_hours * 3600);

    if (ctx_token_hash(c, hash))
        TRY(cart_view_of_session(c->db, c->tenant.id, hash, c->now, idle_since, &cart));
    return reply_cart(c, ctx_success(c, NULL, NULL), &cart);
}

/*
 * POST /api/cart/add/   {"product_id": "...", "quantity": 2}
 * 200 {"success": true, "message": "Ürün sepete eklendi.", "cart": {...}}
 * 404 product_not_found, 400 out_of_stock, cart_full, bad_input
 */
enum err cart_items_add(struct ctx *c)
{
    struct add_request req = {.quantity = 1};
    struct cart cart;

    TRY(ctx_input(c, &req, add_request));
    TRY(ctx_identify(c));
    if (!c->session.exists)
        TRY(ctx_start_session(c, NULL));
    TRY(cart_add(c->db, c->tenant.id, c->session.owner, &req.product_id, req.quantity, c->now,
                 &cart));
    return reply_cart(c, ctx_success(c, "Ürün sepete eklendi.", "Added to the cart."), &cart);
}
