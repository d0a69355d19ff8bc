#include <string.h>

#include "web/ctx.h"

/* A cursor is "<microseconds>_<id>" of the last row that was shown. It is no secret and gives no
 * right: the list's own conditions still hold. */

static const int64_t LAST_MOMENT_US = 253402300799999999; /* of the year 9999 */

static bool read_number(const char *s, size_t len, int64_t max, int64_t *out)
{
    int64_t n = 0;
    if (len == 0 || len > 18)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        n = n * 10 + (s[i] - '0');
    }
    *out = n;
    return n >= 1 && n <= max;
}

static enum err read_cursor(struct ctx *c, const char *cursor, struct page *out)
{
    size_t digits = strcspn(cursor, "_");
    char *id = NEW_N(c->mem, char, UUID_TEXT);

    if (cursor[digits] != '_' || !read_number(cursor, digits, LAST_MOMENT_US, &out->before.us) ||
        !uuid_parse(id, cursor + digits + 1))
        return E_BAD_CURSOR;
    out->before_id = id;
    return OK;
}

enum err ctx_page(struct ctx *c, struct page *out)
{
    const char *limit = ctx_query(c, "limit"), *cursor = ctx_query(c, "cursor");

    *out = (struct page){.limit = PAGE_DEFAULT};
    if (limit != NULL && !read_number(limit, strlen(limit), PAGE_MAX, &out->limit))
        return ctx_bad(c, "limit", "1 ile 200 arasında olmalıdır.", "Must be from 1 to 200.");
    return cursor == NULL ? OK : read_cursor(c, cursor, out);
}

/* The query as it came, without its cursor. */
static const char *query_without_cursor(const struct ctx *c)
{
    char *out = arena_strndup(c->mem, "", 0);

    for (const char *p = c->req.query; *p != '\0';) {
        size_t len = strcspn(p, "&");
        if (len > 0 && strncmp(p, "cursor=", 7) != 0)
            out = arena_printf(c->mem, "%s%.*s&", out, (int)len, p);
        p += len + (p[len] == '&');
    }
    return out;
}

void ctx_next_page(struct ctx *c, struct utc last_at, const char *last_id)
{
    ctx_header(c, "Link",
               arena_printf(c->mem, "<%s%s?%scursor=%lld_%s>; rel=\"next\"",
                            c->process->conf.path_prefix, c->req.path, query_without_cursor(c),
                            (long long)last_at.us, last_id));
}
