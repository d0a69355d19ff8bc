#include "handlers.h"
#include "web/app.h"

static const struct route routes[] = {
    {"POST", "/api/payments/create/", ROLE_PUBLIC, payments_create, 0         },
    {"POST", "/api/payments/verify/", ROLE_PUBLIC, payments_verify, ROUTE_FORM},
};

int main(void)
{
    return app_run("payments", &dialect_store, routes, COUNT(routes));
}
