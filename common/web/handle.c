#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/text.h"
#include "web/app.h"

/* ---- Query ---- */

static bool keep_pair(void *arg, const char *name, const char *value)
{
    struct ctx *c = arg;
    for (size_t i = 0; i < c->nquery; i++)
        if (strcmp(c->query[i].name, name) == 0)
            return false; /* which of the two was meant? */
    c->query[c->nquery++] = (struct pair){name, value};
    return true;
}

static enum err read_query(struct ctx *c)
{
    c->query = NEW_N(c->mem, struct pair, FORM_PAIRS_MAX);
    size_t len = strlen(c->req.query);
    char *copy = arena_strndup(c->mem, c->req.query, len); /* the raw one is kept for links */
    return form_parse(copy, len, keep_pair, c) ? OK : E_BAD_REQUEST;
}

/* ---- What may be asked ---- */

static bool changes_something(const struct ctx *c)
{
    return strcmp(c->req.method, "GET") != 0 && strcmp(c->req.method, "HEAD") != 0;
}

static bool wants_english(const struct ctx *c)
{
    const char *s = c->req.accept_language;
    return s != NULL && strncasecmp(s, "en", 2) == 0 && strchr(",;-", s[2]) != NULL;
}

static enum err check_media_type(const struct ctx *c)
{
    const char *type = c->req.content_type;

    if (!changes_something(c) || c->req.body_len == 0)
        return OK;
    if (strcmp(type, "application/json") == 0)
        return OK;
    if (strcmp(type, "application/x-www-form-urlencoded") == 0 &&
        (c->route->flags & ROUTE_FORM) != 0)
        return OK;
    return E_MEDIA_TYPE;
}

static enum err check_role(struct ctx *c)
{
    unsigned roles = c->route->roles;

    if ((roles & ROLE_PUBLIC) != 0)
        return OK;
    TRY(ctx_identify(c));
    if ((roles & c->session.role) != 0)
        return OK;
    return c->session.role == ROLE_GUEST ? E_UNAUTHENTICATED : E_FORBIDDEN;
}

static enum err handle(struct ctx *c, const struct route *routes, size_t n)
{
    TRY(c->req.broken);
    TRY(route_find(c, routes, n));
    bool provider = (c->route->flags & ROUTE_PROVIDER) != 0;
    if (!provider) { /* a bank's page is another site, and writes queries in its own way */
        TRY(read_query(c));
        TRY(check_media_type(c));
        TRY(ctx_refuse_cross_site(c));
    }
    TRY(db_begin(c->db));
    if (!provider)
        TRY(tenant_of_host(c->db, c->now, c->req.host, &c->tenant));
    TRY(check_role(c));
    TRY(c->route->handler(c));
    if (c->reply.status == 0) {
        log_line(LOG_ERROR, "no_answer", LOG_ROUTE, c->route->path, LOG_END);
        return E_INTERNAL;
    }
    return OK;
}

void app_reply_error(struct ctx *c, enum err e)
{
    const struct err_info *info = err_info(e);
    int status = c->dialect->status(e);

    if (status == 503 || e == E_KEY_RUNNING || e == E_PENDING)
        ctx_header(c, "Retry-After", "2");
    if (status >= 500)
        log_line(LOG_ERROR, "refused", LOG_CODE, info->code, LOG_END);
    (void)ctx_reply(c, status, c->dialect->error(c, e));
}

void app_handle(struct ctx *c, const struct route *routes, size_t n)
{
    c->english = wants_english(c);
    c->session = (struct session){.role = ROLE_GUEST};
    ctx_header(c, "X-Request-Id", c->id);
    ctx_header(c, "Cache-Control", "no-store");
    enum err e = handle(c, routes, n);
    if (e != OK)
        app_reply_error(c, e);
}

const char *ctx_words(const struct ctx *c, const char *tr, const char *en)
{
    return c->english ? en : tr;
}

const char *ctx_path_text(const struct ctx *c, const char *name)
{
    for (size_t i = 0; i < c->nargs; i++)
        if (strcmp(c->args[i].name, name) == 0)
            return c->args[i].value;
    return "";
}

enum err ctx_path_uuid(const struct ctx *c, const char *name, char out[UUID_TEXT], enum err missing)
{
    return uuid_parse(out, ctx_path_text(c, name)) ? OK : missing;
}

const char *ctx_query(const struct ctx *c, const char *name)
{
    for (size_t i = 0; i < c->nquery; i++)
        if (strcmp(c->query[i].name, name) == 0)
            return c->query[i].value;
    return NULL;
}
