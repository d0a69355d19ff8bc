// needs: common/web/route.c common/web/output.c common/base/arena.c common/base/log.c common/base/out.c common/base/text.c common/types/utc.c common/types/money.c common/base/json_defer.c
// libs: -ljson-c -lcrypto
// Paths: a row is found only if the pattern's fixed parts stand in the path, and never crashes.
#include "web/route.h"

#include "fuzz.h"

/* Words come from handle.c, which needs a whole program. */
const char *ctx_words(const struct ctx *c, const char *tr, const char *en)
{
    return c->english ? en : tr;
}

static enum err nothing(struct ctx *c)
{
    (void)c;
    return OK;
}

static const struct route routes[] = {
    {"GET",  "/api/orders/",               ROLE_PUBLIC, nothing, 0},
    {"GET",  "/api/orders/track/:number/", ROLE_PUBLIC, nothing, 0},
    {"POST", "/api/orders/:order/a/:b/",   ROLE_PUBLIC, nothing, 0},
};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct arena *mem;
    char *path = fuzz_text(data, size);

    if (mem == NULL)
        mem = arena_new(1 << 22);
    struct ctx c = {
        .mem = mem, .req = {.method = size % 2 == 0 ? "GET" : "POST", .path = path}
    };
    enum err e = route_find(&c, routes, COUNT(routes));
    HOLDS(e == OK || e == E_NO_PATH || e == E_METHOD);
    HOLDS(e != OK || strncmp(path, "/api/orders", 11) == 0);
    for (size_t i = 0; i < c.nargs; i++)
        HOLDS(strchr(c.args[i].value, '/') == NULL && c.args[i].value[0] != '\0');
    arena_reset(mem);
    free(path);
    return 0;
}
