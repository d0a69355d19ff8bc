#include "handlers.h"
#include "web/app.h"

/* Providers and payers' browsers come here; each does so by both methods. */
static const struct route routes[] = {
    {"POST", "/api/notices/kuveyt/:attempt/ok/",   ROLE_PUBLIC, kuveyt_ok,   ROUTE_PROVIDER},
    {"GET",  "/api/notices/kuveyt/:attempt/ok/",   ROLE_PUBLIC, kuveyt_ok,   ROUTE_PROVIDER},
    {"POST", "/api/notices/kuveyt/:attempt/fail/", ROLE_PUBLIC, kuveyt_fail, ROUTE_PROVIDER},
    {"GET",  "/api/notices/kuveyt/:attempt/fail/", ROLE_PUBLIC, kuveyt_fail, ROUTE_PROVIDER},
};

int main(void)
{
    return app_run("notices", &dialect_store, routes, COUNT(routes));
}
