#include "handlers.h"
#include "web/app.h"

static const struct route routes[] = {
    {"GET",  "/api/cart/",     ROLE_PUBLIC, cart_show,      0},
    {"POST", "/api/cart/add/", ROLE_PUBLIC, cart_items_add, 0},
};

int main(void)
{
    return app_run("cart", &dialect_store, routes, COUNT(routes));
}
