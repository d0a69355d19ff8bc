#include "orders/orders.h"

#include <string.h>

#include "handlers.h"
#include "payments/payments_json.h"
#include "web/once.h"

/* Longer than any order takes; see ctx_once(). */
enum { ORDER_LEASE_S = 20 };

// clang-format off
#define ORDER_HEAD                                                                  \
    {"id",             FIELD(struct order, id),             REQUIRED},              \
    {"order_number",   FIELD(struct order, order_number),   REQUIRED},              \
    {"status",         FIELD(struct order, status),         NAMES(order_status_names)}
// clang-format on

static const struct field created_json[] = {
    ORDER_HEAD,
    {"payment_status", FIELD(struct order, payment_status), NAMES(payment_status_names)},
    {"total",          FIELD(struct order, total),          REQUIRED                   },
    {"currency",       FIELD(struct order, currency),       REQUIRED                   },
};
static const struct field listed_json[] = {
    ORDER_HEAD,
    {"status_display",         FIELD(struct order, status_display),         REQUIRED                   },
    {"payment_status",         FIELD(struct order, payment_status),         NAMES(payment_status_names)},
    {"payment_status_display", FIELD(struct order, payment_status_display), REQUIRED                   },
    {"total",                  FIELD(struct order, total),                  REQUIRED                   },
    {"currency",               FIELD(struct order, currency),               REQUIRED                   },
    {"created_at",             FIELD(struct order, created_at),             REQUIRED                   },
    {"item_count",             FIELD(struct order, item_count),             REQUIRED                   },
};
static const struct field detail_json[] = {
    {"subtotal",            FIELD(struct order, subtotal),            REQUIRED},
    {"discount",            FIELD(struct order, discount),            REQUIRED},
    {"shipping",            FIELD(struct order, shipping),            REQUIRED},
    {"tax",                 FIELD(struct order, tax),                 REQUIRED},
    {"coupon_code",         FIELD(struct order, coupon_code),         OPTIONAL},
    {"customer_email",      FIELD(struct order, customer_email),      REQUIRED},
    {"customer_first_name", FIELD(struct order, customer_first_name), REQUIRED},
    {"customer_last_name",  FIELD(struct order, customer_last_name),  REQUIRED},
    {"customer_phone",      FIELD(struct order, customer_phone),      REQUIRED},
    {"shipping_method_id",  FIELD(struct order, shipping_method_id),  REQUIRED},
    {"shipping_method",     FIELD(struct order, shipping_name),       REQUIRED},
    {"tracking_number",     FIELD(struct order, tracking_number),     OPTIONAL},
    {"paid_at",             FIELD(struct order, paid_at),             OPTIONAL},
    {"shipped_at",          FIELD(struct order, shipped_at),          OPTIONAL},
    {"delivered_at",        FIELD(struct order, delivered_at),        OPTIONAL},
    {"cancelled_at",        FIELD(struct order, cancelled_at),        OPTIONAL},
};
static const struct field address_json[] = {
    {"address_line1", FIELD(struct address, address_line1), REQUIRED},
    {"address_line2", FIELD(struct address, address_line2), OPTIONAL},
    {"city",          FIELD(struct address, city),          REQUIRED},
    {"postal_code",   FIELD(struct address, postal_code),   REQUIRED},
    {"country",       FIELD(struct address, country),       REQUIRED},
};
static const struct field item_json[] = {
    {"product_id", FIELD(struct order_item, product_id), REQUIRED},
    {"name",       FIELD(struct order_item, name),       REQUIRED},
    {"quantity",   FIELD(struct order_item, quantity),   REQUIRED},
    {"unit_price", FIELD(struct order_item, unit_price), REQUIRED},
    {"tax_rate",   FIELD(struct order_item, tax_rate),   REQUIRED},
    {"line_total", FIELD(struct order_item, line_total), REQUIRED},
};
static const struct field move_json[] = {
    {"from",  FIELD(struct order_move, from),  OPTIONAL},
    {"to",    FIELD(struct order_move, to),    REQUIRED},
    {"at",    FIELD(struct order_move, at),    REQUIRED},
    {"actor", FIELD(struct order_move, actor), REQUIRED},
};
static const struct field flag_json[] = {
    {"flag", FIELD(struct order, flag), OPTIONAL},
};
static const struct field tracked_json[] = {
    {"order_number",           FIELD(struct order, order_number),           REQUIRED                   },
    {"status",                 FIELD(struct order, status),                 NAMES(order_status_names)  },
    {"status_display",         FIELD(struct order, status_display),         REQUIRED                   },
    {"payment_status",         FIELD(struct order, payment_status),         NAMES(payment_status_names)},
    {"payment_status_display", FIELD(struct order, payment_status_display), REQUIRED                   },
    {"tracking_number",        FIELD(struct order, tracking_number),        OPTIONAL                   },
    {"shipped_at",             FIELD(struct order, shipped_at),             OPTIONAL                   },
    {"delivered_at",           FIELD(struct order, delivered_at),           OPTIONAL                   },
    {"created_at",             FIELD(struct order, created_at),             REQUIRED                   },
    {"total",                  FIELD(struct order, total),                  REQUIRED                   },
    {"currency",               FIELD(struct order, currency),               REQUIRED                   },
};

#define CART_ID REQUIRED_ELSE("Sepet ID gereklidir.", "Cart ID is required.")

static const struct field order_request[] = {
    {"cart_id",             FIELD(struct order_request, cart_id),             CART_ID       },
    {"customer_email",      FIELD(struct order_request, customer_email),      EMAIL_MAX(254)},
    {"customer_first_name", FIELD(struct order_request, customer_first_name), TEXT_MAX(100) },
    {"customer_last_name",  FIELD(struct order_request, customer_last_name),  TEXT_MAX(100) },
    {"customer_phone",      FIELD(struct order_request, customer_phone),      PHONE_MAX(30) },
    {"shipping_method_id",  FIELD(struct order_request, shipping_method_id),  OPTIONAL      },
};
static const struct field address_request[] = {
    {"address_line1", FIELD(struct address, address_line1), TEXT_MAX(250) },
    {"address_line2", FIELD(struct address, address_line2), TEXT_UPTO(250)},
    {"city",          FIELD(struct address, city),          TEXT_MAX(100) },
    {"postal_code",   FIELD(struct address, postal_code),   TEXT_MAX(20)  },
    {"country",       FIELD(struct address, country),       COUNTRY       },
};

static struct order_viewer viewer(const struct ctx *c)
{
    return (struct order_viewer){.sees_all = (c->session.role & ROLE_STAFF) != 0,
                                 .user_id = c->session.user.id};
}

static enum err create(struct ctx *c, bool again)
{
    struct order_request req = {0};
    struct order order;
    const struct order_maker maker = {c->session.owner, c->session.user.id, again};

    enum err fields = ctx_input(c, &req, order_request);
    if (fields != OK && fields != E_BAD_INPUT)
        return fields;
    TRY(ctx_object(c, "shipping_address", true, &req.address, address_request));
    TRY(order_create(c->db, c->tenant.id, c->tenant.code, &maker, &req, c->now,
                     c->process->conf.order_hold_minutes, &order));
    struct json_object *out = ctx_success(c, "Sipariş oluşturuldu.", "Order created.");
    json_object_object_add(out, "order", json_row(&order, created_json));
    return ctx_reply(c, 201, out);
}

/*
 * POST /api/orders/   the shop document's body, section 2.4
 * 201 {"success": true, "message": "Sipariş oluşturuldu.", "order": {...}}
 * 404 cart_not_open, shipping_not_found, product_not_found; 400 cart_empty, out_of_stock, bad_input
 */
enum err orders_create(struct ctx *c)
{
    TRY(ctx_identify(c));
    return ctx_once(c, ORDER_LEASE_S, create);
}

/* GET /api/orders/   ?status= &payment_status= &customer_email= &order_number= &limit= &cursor= */
enum err orders_list(struct ctx *c)
{
    struct order_viewer who = viewer(c);
    struct order_filter filter = {
        .status = ctx_query(c, "status"),
        .payment_status = ctx_query(c, "payment_status"),
        .customer_email = ctx_query(c, "customer_email"),
        .order_number = ctx_query(c, "order_number"),
    };
    struct order *orders;
    struct page page;
    size_t n;

    TRY(ctx_page(c, &page));
    filter.before = page.before;
    filter.before_id = page.before_id;
    filter.limit = page.limit + 1; /* one more tells whether there is more */
    TRY(order_list(c->db, c->tenant.id, &who, &filter, &orders, &n));
    if ((int64_t)n > page.limit) {
        n = (size_t)page.limit;
        ctx_next_page(c, orders[n - 1].created_at, orders[n - 1].id.text);
    }
    for (size_t i = 0; i < n; i++)
        order_labels(&orders[i], c->english);
    struct json_object *out = ctx_success(c, NULL, NULL);
    json_object_object_add(out, "orders", json_rows(orders, n, listed_json));
    return ctx_reply(c, 200, out);
}

static void add_all(struct json_object *to, struct json_object *from)
{
    json_object_object_foreach(from, key, value)
        json_object_object_add(to, key, json_object_get(value));
    json_object_put(from);
}

/* GET /api/orders/:order/  ->  200, all of the list and items, addresses, history, payments; 404 */
enum err orders_show(struct ctx *c)
{
    struct order_viewer who = viewer(c);
    struct order_id id;
    struct order order;
    struct order_item *items;
    struct order_move *moves;
    struct attempt *attempts;
    size_t nitems, nmoves, nattempts;

    TRY(ctx_path_uuid(c, "order", id.text, E_NO_ORDER));
    TRY(order_get(c->db, c->tenant.id, &who, &id, &order));
    TRY(order_items(c->db, c->tenant.id, &id, &items, &nitems));
    TRY(order_history(c->db, c->tenant.id, &id, &moves, &nmoves));
    TRY(attempts_of_order(c->db, c->tenant.id, &id, &attempts, &nattempts));
    order_labels(&order, c->english);
    struct json_object *o = json_row(&order, listed_json);
    add_all(o, json_row(&order, detail_json));
    if (who.sees_all)
        add_all(o, json_row(&order, flag_json));
    json_object_object_add(o, "shipping_address", json_row(&order.address, address_json));
    json_object_object_add(o, "items", json_rows(items, nitems, item_json));
    json_object_object_add(o, "history", json_rows(moves, nmoves, move_json));
    json_object_object_add(o, "payments", payments_json(attempts, nattempts, c->english));
    struct json_object *out = ctx_success(c, NULL, NULL);
    json_object_object_add(out, "order", o);
    return ctx_reply(c, 200, out);
}

/* GET /api/orders/track/:number/  ->  200 with exactly the documented fields; 404. One statement. */
enum err orders_track(struct ctx *c)
{
    struct order order;

    TRY(order_track(c->db, c->tenant.id, ctx_path_text(c, "number"), &order));
    order_labels(&order, c->english);
    struct json_object *out = ctx_success(c, NULL, NULL);
    json_object_object_add(out, "order", json_row(&order, tracked_json));
    ctx_header(c, "X-Robots-Tag", "noindex");
    return ctx_reply(c, 200, out);
}
