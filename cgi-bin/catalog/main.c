#include "handlers.h"

/* Anybody may look: no session is looked up. */
static const struct route routes[] = {
    {"GET", "/api/public/products/",          ROLE_PUBLIC, public_products_list,  0},
    {"GET", "/api/public/products/:product/", ROLE_PUBLIC, public_products_show,  0},
    {"GET", "/api/shipping-methods/",         ROLE_PUBLIC, shipping_methods_list, 0},
};

int main(void)
{
    return app_run("catalog", &dialect_store, routes, COUNT(routes));
}
