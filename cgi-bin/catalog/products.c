#include "catalog/catalog.h"
#include "handlers.h"

static const struct field product_json[] = {
    {"id",          FIELD(struct product, id),          REQUIRED},
    {"name",        FIELD(struct product, name),        REQUIRED},
    {"slug",        FIELD(struct product, slug),        REQUIRED},
    {"description", FIELD(struct product, description), REQUIRED},
    {"price",       FIELD(struct product, price),       REQUIRED},
    {"currency",    FIELD(struct product, currency),    REQUIRED},
    {"stock",       FIELD(struct product, stock),       REQUIRED},
    {"image_url",   FIELD(struct product, image_url),   OPTIONAL},
};

/*
 * GET /api/public/products/?search=&limit=&cursor=
 * 200 {"success": true, "products": [...]}, newest first; Link: rel="next" when there are more
 * 400 bad_input (limit), bad_cursor
 */
enum err public_products_list(struct ctx *c)
{
    struct page page;
    struct product *rows;
    size_t n;

    TRY(ctx_page(c, &page));
    const struct product_query query = {.search = ctx_query(c, "search"),
                                        .limit = page.limit + 1,
                                        .before = page.before,
                                        .before_id = page.before_id};
    TRY(products_for_sale(c->db, c->tenant.id, &query, &rows, &n));
    if (n > (size_t)page.limit) {
        n = (size_t)page.limit;
        ctx_next_page(c, rows[n - 1].created_at, rows[n - 1].id.text);
    }
    json_object *answer = ctx_success(c, NULL, NULL);
    json_object_object_add(answer, "products", json_rows(rows, n, product_json));
    return ctx_reply(c, 200, answer);
}

/*
 * GET /api/public/products/:product/
 * 200 {"success": true, "product": {...}}
 * 404 product_not_found
 */
enum err public_products_show(struct ctx *c)
{
    struct product_id id;
    struct product product = {0};

    TRY(ctx_path_uuid(c, "product", id.text, E_NO_PRODUCT));
    TRY(product_for_sale(c->db, c->tenant.id, &id, &product));
    json_object *answer = ctx_success(c, NULL, NULL);
    json_object_object_add(answer, "product", json_row(&product, product_json));
    return ctx_reply(c, 200, answer);
}
