#include "handlers.h"
#include "web/app.h"

static const struct route routes[] = {
    {"GET",  "/api/orders/",               ROLE_CUSTOMER | ROLE_STAFF, orders_list,   0},
    {"POST", "/api/orders/",               ROLE_PUBLIC,                orders_create, 0},
    {"GET",  "/api/orders/track/:number/", ROLE_PUBLIC,                orders_track,  0},
    {"GET",  "/api/orders/:order/",        ROLE_CUSTOMER | ROLE_STAFF, orders_show,   0},
};

int main(void)
{
    return app_run("orders", &dialect_store, routes, COUNT(routes));
}
