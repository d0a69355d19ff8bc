#include "web/route.h"

#include <string.h>

/* Length of the segment that starts at a slash, the slash included. */
static size_t segment(const char *s)
{
    return strcspn(s + 1, "/") + 1;
}

/* Does `path` fit `pattern`? ":name" takes one segment, which is kept in c->args. */
static bool path_fits(struct ctx *c, const char *pattern, const char *path)
{
    c->nargs = 0;
    while (strcmp(pattern, "/") != 0 && *pattern != '\0') {
        if (*path != '/' || path[1] == '\0' || path[1] == '/')
            return false;
        size_t want = segment(pattern), have = segment(path);
        if (pattern[1] == ':') {
            if (c->nargs == COUNT(c->args))
                return false;
            c->args[c->nargs++] = (struct pair){arena_strndup(c->mem, pattern + 2, want - 2),
                                                arena_strndup(c->mem, path + 1, have - 1)};
        } else if (want != have || memcmp(pattern, path, want) != 0) {
            return false;
        }
        pattern += want;
        path += have;
    }
    return *path == '\0' || strcmp(path, "/") == 0;
}

static bool method_fits(const char *row, const char *method)
{
    return strcmp(row, method) == 0 || (strcmp(row, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

enum err route_find(struct ctx *c, const struct route *routes, size_t n)
{
    const char *allow = NULL;

    for (size_t i = 0; i < n; i++) {
        if (!path_fits(c, routes[i].path, c->req.path))
            continue;
        if (method_fits(routes[i].method, c->req.method)) {
            c->route = &routes[i];
            return OK;
        }
        allow = allow == NULL ? routes[i].method
                              : arena_printf(c->mem, "%s, %s", allow, routes[i].method);
    }
    c->nargs = 0;
    if (allow == NULL)
        return E_NO_PATH;
    ctx_header(c, "Allow", allow);
    return E_METHOD;
}
