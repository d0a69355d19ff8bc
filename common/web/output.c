#include <string.h>

#include "base/json_defer.h"
#include "base/log.h"
#include "web/ctx.h"

static json_object *text_or_null(const char *s)
{
    return s == NULL || *s == '\0' ? NULL : json_object_new_string(s);
}

static json_object *field_json(const struct field *f, const void *src)
{
    char text[UTC_TEXT];

    switch (f->type) {
    case F_TEXT: {
        const char *s = *(const char *const *)src;
        return s == NULL ? NULL : json_object_new_string(s);
    }
    case F_UUID:
        return text_or_null(src);
    case F_MONEY:
        money_text(text, *(const struct money *)src);
        return json_object_new_string(text);
    case F_BPS:
        bps_text(text, *(const struct bps *)src);
        return json_object_new_string(text);
    case F_BOOL:
        return json_object_new_boolean(*(const bool *)src);
    case F_ENUM:
        return json_object_new_string(f->names[*(const unsigned *)src]);
    case F_UTC:
        if (((const struct utc *)src)->us == 0)
            return NULL;
        utc_text(text, *(const struct utc *)src);
        return json_object_new_string(text);
    case F_I64:
    case F_NUMBER_ID:
        return json_object_new_int64(*(const int64_t *)src);
    case F_BYTES:
        return NULL; /* secrets have no way out */
    }
    return NULL;
}

json_object *json_row_(const void *row, const struct field *fields, size_t n)
{
    json_object *o = json_object_new_object();
    const unsigned opts = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;

    for (size_t i = 0; i < n; i++)
        json_object_object_add_ex(o, fields[i].name,
                                  field_json(&fields[i], (const char *)row + fields[i].off), opts);
    return o;
}

json_object *json_rows_(const void *rows, size_t count, size_t size, const struct field *fields,
                        size_t n)
{
    json_object *a = json_object_new_array_ext((int)count);

    for (size_t i = 0; i < count; i++)
        json_object_array_add(a, json_row_((const char *)rows + i * size, fields, n));
    return a;
}

json_object *ctx_success(struct ctx *c, const char *tr, const char *en)
{
    json_object *o = json_object_new_object();

    json_object_object_add(o, "success", json_object_new_boolean(true));
    if (tr != NULL)
        json_object_object_add(o, "message", json_object_new_string(ctx_words(c, tr, en)));
    return o;
}

enum err ctx_reply(struct ctx *c, int status, json_object *root)
{
    size_t len;

    json_defer(c->mem, root);
    c->reply.body = json_object_to_json_string_length(
        root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
    c->reply.len = len;
    c->reply.status = status;
    c->reply.type = JSON_TYPE;
    return OK;
}

enum err ctx_reply_text(struct ctx *c, int status, const char *type, const char *text)
{
    c->reply.body = text;
    c->reply.len = strlen(text);
    c->reply.status = status;
    c->reply.type = type;
    return OK;
}

/* FastCGI output is raw text: a line break in a value would be a header of its own. */
static bool is_header_text(const char *s)
{
    for (; *s != '\0'; s++)
        if (*s < 0x20 || *s > 0x7e)
            return false;
    return true;
}

void ctx_header(struct ctx *c, const char *name, const char *value)
{
    if (c->reply.nheaders == REPLY_HEADERS_MAX || !is_header_text(name) || !is_header_text(value)) {
        log_line(LOG_ERROR, "header_refused", LOG_NAME, name, LOG_END);
        return;
    }
    c->reply.headers[c->reply.nheaders++] =
        (struct reply_header){arena_strdup(c->mem, name), arena_strdup(c->mem, value)};
}
