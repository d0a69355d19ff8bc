#include <string.h>

#include "handlers.h"
#include "notices/notice.h"

/* A gateway's notice has a few hundred bytes. */
enum { NOTICE_MAX = 8 * 1024 };

/* A payer's browser wants a page; a server wants a word. */
static bool is_browser(const struct ctx *c)
{
    return strcmp(c->req.method, "POST") != 0 ||
           (c->req.accept != NULL && strstr(c->req.accept, "text/html") != NULL);
}

static enum err take_notice(struct ctx *c, const char *kind)
{
    const struct cashier k = cashier_of(c->process, c->now);
    struct attempt_id about;
    struct inbox_item item = {
        .provider = "kuveyt", .about = about.text, .kind = kind, .remote_addr = c->req.remote_addr};
    const char *home;
    struct attempt a;

    TRY(ctx_path_uuid(c, "attempt", about.text, E_NO_PAYMENT));
    if (c->req.body_len + strlen(c->req.query) > NOTICE_MAX)
        return E_TOO_LARGE;
    if (strlen(c->req.body) != c->req.body_len)
        return E_NOTICE;
    TRY(attempt_by_id(c->db, &about, &a)); /* strangers don't fill the inbox */
    item.body = arena_printf(c->mem, "?%s\n%s", c->req.query, c->req.body);
    TRY(inbox_store(c->db, c->process->keys, c->now, &item));
    TRY(notice_apply(&k, &item, &a));
    if (!is_browser(c))
        return ctx_reply_text(c, 200, "text/plain; charset=utf-8", "OK");
    TRY(payment_home(&k, &a, &home));
    ctx_header(c, "Location", home);
    return ctx_reply_text(c, 303, "text/plain; charset=utf-8", "");
}

/*
 * POST or GET /api/notices/kuveyt/:attempt/ok/   (what it says is kept, but not believed)
 * 303 to the shop's page for a browser, 200 "OK" for a server; 404 payment_not_found;
 * 503 when it could not be stored: it must come again
 */
enum err kuveyt_ok(struct ctx *c)
{
    return take_notice(c, "ok");
}

/* The same for .../fail/ */
enum err kuveyt_fail(struct ctx *c)
{
    return take_notice(c, "fail");
}
