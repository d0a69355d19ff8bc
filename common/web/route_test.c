#include "web/route.h"

#include <string.h>

#include "test.h"

static enum err nothing(struct ctx *c)
{
    (void)c;
    return OK;
}

static const struct route routes[] = {
    {"GET",   "/api/orders/",                ROLE_PUBLIC, nothing, 0},
    {"POST",  "/api/orders/",                ROLE_PUBLIC, nothing, 0},
    {"GET",   "/api/orders/track/:number/",  ROLE_PUBLIC, nothing, 0},
    {"GET",   "/api/orders/:order/",         ROLE_PUBLIC, nothing, 0},
    {"PATCH", "/api/orders/:order/",         ROLE_PUBLIC, nothing, 0},
    {"POST",  "/api/orders/:order/refunds/", ROLE_PUBLIC, nothing, 0},
};

static struct arena *mem;

static const struct {
    const char *method, *path;
    enum err want;
    int row;         /* of routes, when it is found */
    const char *arg; /* first one of the path */
} cases[] = {
    {"GET",    "/api/orders/",           OK,        0, NULL   },
    {"GET",    "/api/orders",            OK,        0, NULL   },
    {"HEAD",   "/api/orders/",           OK,        0, NULL   },
    {"POST",   "/api/orders",            OK,        1, NULL   },
    {"GET",    "/api/orders/track/X-1/", OK,        2, "X-1"  },
    {"GET",    "/api/orders/track",      OK,        3, "track"},
    {"GET",    "/api/orders/7/",         OK,        3, "7"    },
    {"PATCH",  "/api/orders/7",          OK,        4, "7"    },
    {"POST",   "/api/orders/7/refunds",  OK,        5, "7"    },
    {"DELETE", "/api/orders/7/",         E_METHOD,  0, NULL   },
    {"get",    "/api/orders/",           E_METHOD,  0, NULL   },
    {"GET",    "/api/orders//",          E_NO_PATH, 0, NULL   },
    {"GET",    "/api/orders//refunds/",  E_NO_PATH, 0, NULL   },
    {"GET",    "/api/ordersx/",          E_NO_PATH, 0, NULL   },
    {"GET",    "/api/order/",            E_NO_PATH, 0, NULL   },
    {"GET",    "/api/orders/1/2/3/",     E_NO_PATH, 0, NULL   },
    {"GET",    "api/orders/",            E_NO_PATH, 0, NULL   },
    {"GET",    "/",                      E_NO_PATH, 0, NULL   },
    {"GET",    "",                       E_NO_PATH, 0, NULL   },
};

static void paths_find_their_row(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ctx c = {
            .mem = mem, .req = {.method = cases[i].method, .path = cases[i].path}
        };
        enum err e = route_find(&c, routes, COUNT(routes));
        CHECK_THAT(e == cases[i].want, "%s %s", cases[i].method, cases[i].path);
        if (e != OK)
            continue;
        CHECK_THAT(c.route == &routes[cases[i].row], "%s %s", cases[i].method, cases[i].path);
        CHECK_THAT(cases[i].arg == NULL ? c.nargs == 0 : strcmp(c.args[0].value, cases[i].arg) == 0,
                   "%s %s", cases[i].method, cases[i].path);
    }
}

static void a_wrong_method_is_told_the_right_ones(void)
{
    struct ctx c = {
        .mem = mem, .req = {.method = "DELETE", .path = "/api/orders/7/"}
    };

    CHECK_THAT(route_find(&c, routes, COUNT(routes)) == E_METHOD, "405");
    CHECK_THAT(c.reply.nheaders == 1 && strcmp(c.reply.headers[0].name, "Allow") == 0, "Allow");
    CHECK_THAT(strcmp(c.reply.headers[0].value, "GET, PATCH") == 0, "%s", c.reply.headers[0].value);
}

int main(void)
{
    mem = arena_new(1 << 20);
    RUN(paths_find_their_row);
    RUN(a_wrong_method_is_told_the_right_ones);
    arena_free(mem);
    return test_result();
}
