/* integrations.fcgi: a shop's accounts with payment providers. */
#include "handlers.h"
#include "web/app.h"

static const struct route routes[] = {
    {"GET",    "/api/integrations/",                   ROLE_STAFF, integrations_list,    0},
    {"POST",   "/api/integrations/",                   ROLE_STAFF, integrations_create,  0},
    {"GET",    "/api/integrations/type/:type/",        ROLE_STAFF, integrations_of_type, 0},
    {"GET",    "/api/integrations/:integration/",      ROLE_STAFF, integrations_show,    0},
    {"PATCH",  "/api/integrations/:integration/",      ROLE_STAFF, integrations_update,  0},
    {"DELETE", "/api/integrations/:integration/",      ROLE_STAFF, integrations_remove,  0},
    {"POST",   "/api/integrations/:integration/test/", ROLE_STAFF, integrations_test,    0},
};

int main(void)
{
    return app_run("integrations", &dialect_store, routes, COUNT(routes));
}
