#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "web/ctx.h"

/* A __Host- name can't be set by a sibling host of the same parent domain, but needs https. */
static bool https_cookies(const struct ctx *c)
{
    return c->req.https || c->process->conf.secure_cookies;
}

static const char *cookie_name(const struct ctx *c)
{
    return https_cookies(c) ? "__Host-vezne_session" : "vezne_session";
}

bool ctx_token_hash(const struct ctx *c, uint8_t out[SHA256_SIZE])
{
    char token[SESSION_TOKEN_TEXT];

    if (c->req.cookie == NULL)
        return false;
    return cookie_get(c->req.cookie, cookie_name(c), token, sizeof(token)) == 0 &&
           session_token_hash(out, token);
}

static struct session_limits limits(const struct ctx *c)
{
    return (struct session_limits){c->process->conf.session_days,
                                   c->process->conf.session_idle_hours};
}

/* Host of an Origin header: after "://", without port. */
static bool origin_is_ours(const struct ctx *c, const char *origin)
{
    const char *host = strstr(origin, "://");
    if (host == NULL)
        return false; /* "null", too */
    host += 3;
    size_t len = strcspn(host, ":/");
    return len == strlen(c->req.host) && strncmp(host, c->req.host, len) == 0;
}

/* A cookie comes along with requests that other sites cause; browsers say so in these headers. */
static bool from_another_site(const struct ctx *c)
{
    const char *site = c->req.fetch_site, *origin = c->req.origin;

    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return true;
    return origin != NULL && !origin_is_ours(c, origin);
}

enum err ctx_refuse_cross_site(const struct ctx *c)
{
    uint8_t hash[SHA256_SIZE];
    bool reading = strcmp(c->req.method, "GET") == 0 || strcmp(c->req.method, "HEAD") == 0;

    return !reading && ctx_token_hash(c, hash) && from_another_site(c) ? E_CROSS_SITE : OK;
}

enum err ctx_identify(struct ctx *c)
{
    uint8_t hash[SHA256_SIZE];

    if (c->identified)
        return OK;
    c->identified = true;
    if (!ctx_token_hash(c, hash))
        return OK;
    enum err e = session_find(c->db, c->tenant.id, hash, c->now, limits(c), &c->session);
    return e == E_NOT_FOUND ? OK : e;
}

static void set_cookie(struct ctx *c, const char *token, int64_t seconds)
{
    ctx_header(c, "Set-Cookie",
               arena_printf(c->mem, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
                            cookie_name(c), token, (long long)seconds,
                            https_cookies(c) ? "; Secure" : ""));
}

enum err ctx_start_session(struct ctx *c, const struct user *user)
{
    char token[SESSION_TOKEN_TEXT];

    TRY(session_create(c->db, c->tenant.id, user, c->now, limits(c), token, &c->session));
    c->identified = true;
    set_cookie(c, token, c->process->conf.session_days * 86400);
    return OK;
}

enum err ctx_end_session(struct ctx *c)
{
    uint8_t hash[SHA256_SIZE];

    if (ctx_token_hash(c, hash))
        TRY(session_delete(c->db, c->tenant.id, hash));
    set_cookie(c, "", 0);
    return OK;
}
