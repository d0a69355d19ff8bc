#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H
#include "web/ctx.h"

/* What a program answers to. The first row that fits wins; ROLE_NONE is 0, so a row without a role
 * is closed. A ":name" takes one segment. Paths fit with and without their last slash. */
enum route_flags {
    ROUTE_FORM = 1 << 0, /* a form body will do, too */
    /* called by providers: no tenant from the host, no cookies, any query and body */
    ROUTE_PROVIDER = 1 << 1,
};

struct route {
    const char *method;
    const char *path;
    unsigned roles; /* any of enum role */
    handler_fn *handler;
    unsigned flags;
};

/*
 * Finds the row for c->req and fills c->route and c->args. E_NO_PATH, or E_METHOD with an Allow
 * header. HEAD fits GET.
 */
enum err route_find(struct ctx *c, const struct route *routes, size_t n);

#endif
