#include "handlers.h"

static const struct route routes[] = {
    {"POST", "/api/auth/register/", ROLE_PUBLIC, auth_register, 0},
    {"POST", "/api/auth/login/",    ROLE_PUBLIC, auth_login,    0},
    {"POST", "/api/auth/logout/",   ROLE_PUBLIC, auth_logout,   0},
    {"GET",  "/api/auth/me/",       ROLE_USER,   auth_me,       0},
};

int main(void)
{
    return app_run("accounts", &dialect_store, routes, COUNT(routes));
}
