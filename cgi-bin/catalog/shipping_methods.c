#include "catalog/catalog.h"
#include "handlers.h"

static const struct field shipping_method_json[] = {
    {"id",                      FIELD(struct shipping_method, id),        REQUIRED},
    {"name",                    FIELD(struct shipping_method, name),      REQUIRED},
    {"code",                    FIELD(struct shipping_method, code),      REQUIRED},
    {"price",                   FIELD(struct shipping_method, price),     REQUIRED},
    {"free_shipping_threshold", FIELD(struct shipping_method, free_from), OPTIONAL},
    {"is_active",               FIELD(struct shipping_method, is_active), REQUIRED},
};

static json_object *method_json(const struct shipping_method *m)
{
    json_object *o = json_row(m, shipping_method_json);

    if (money_cmp(m->free_from, KURUS(0)) < 0) /* never free; the field keeps its place */
        json_object_object_add(o, "free_shipping_threshold", NULL);
    return o;
}

/*
 * GET /api/shipping-methods/
 * 200 {"success": true, "shipping_methods": [...]}: what a buyer may choose, cheapest first
 */
enum err shipping_methods_list(struct ctx *c)
{
    struct shipping_method *rows;
    size_t n;

    TRY(shipping_methods_offered(c->db, c->tenant.id, &rows, &n));
    json_object *list = json_object_new_array_ext((int)n);
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, method_json(&rows[i]));
    json_object *answer = ctx_success(c, NULL, NULL);
    json_object_object_add(answer, "shipping_methods", list);
    return ctx_reply(c, 200, answer);
}
