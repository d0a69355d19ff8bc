#include <string.h>

#include "base/json_check.h"
#include "base/json_defer.h"
#include "base/text.h"
#include "web/ctx.h"
#include "web/route.h"

/* ---- The body, once ---- */

static enum err parse_json(struct ctx *c)
{
    struct json_verdict v = json_check(c->req.body, c->req.body_len);
    if (v.fault == JSON_SIZE)
        return E_TOO_LARGE;
    if (v.fault != JSON_OK)
        return err_say(E_BAD_JSON, "%s, %zu", json_fault_name(v.fault), v.at);
    json_tokener *tok = json_tokener_new_ex(32);
    if (tok == NULL)
        return E_INTERNAL;
    c->input = json_tokener_parse_ex(tok, c->req.body, (int)c->req.body_len);
    json_tokener_free(tok);
    return c->input == NULL ? err_say(E_BAD_JSON, "syntax") : OK;
}

static bool keep_form_pair(void *arg, const char *name, const char *value)
{
    json_object *o = arg;
    if (json_object_object_get_ex(o, name, NULL))
        return false;
    json_object_object_add(o, name, json_object_new_string(value));
    return true;
}

static enum err parse_form(struct ctx *c)
{
    char *copy = arena_strndup(c->mem, c->req.body, c->req.body_len);
    c->input = json_object_new_object();
    return form_parse(copy, c->req.body_len, keep_form_pair, c->input) ? OK : E_BAD_REQUEST;
}

static enum err parse(struct ctx *c)
{
    if (c->input != NULL)
        return OK;
    bool form = (c->route->flags & ROUTE_FORM) != 0 &&
                strcmp(c->req.content_type, "application/x-www-form-urlencoded") == 0;
    enum err e = form ? parse_form(c) : parse_json(c);
    if (c->input != NULL)
        json_defer(c->mem, c->input);
    return e;
}

/* ---- What is wrong ---- */

enum err ctx_bad(struct ctx *c, const char *field, const char *tr, const char *en)
{
    if (c->field_errors == NULL) {
        c->field_errors = json_object_new_object();
        json_defer(c->mem, c->field_errors);
    }
    if (!json_object_object_get_ex(c->field_errors, field, NULL))
        json_object_object_add(c->field_errors, field,
                               json_object_new_string(ctx_words(c, tr, en)));
    return E_BAD_INPUT;
}

static void missing(struct ctx *c, const char *path, const struct field *f)
{
    if (f->missing_tr == NULL) {
        (void)ctx_bad(c, path, "Bu alan zorunludur.", "This field is required.");
        return;
    }
    (void)ctx_bad(c, path, f->missing_tr, f->missing_en);
    c->own_message = ctx_words(c, f->missing_tr, f->missing_en);
}

static void wrong_type(struct ctx *c, const char *path)
{
    (void)ctx_bad(c, path, "Alanın türü geçersiz.", "The field has the wrong type.");
}

static void wrong_value(struct ctx *c, const char *path)
{
    (void)ctx_bad(c, path, "Alanın değeri geçersiz.", "The field's value is not valid.");
}

static void wrong_length(struct ctx *c, const char *path, const struct field *f)
{
    (void)ctx_bad(c, path,
                  arena_printf(c->mem, "%lld ile %lld karakter arasında olmalıdır.",
                               (long long)f->min, (long long)f->max),
                  arena_printf(c->mem, "Must have %lld to %lld characters.", (long long)f->min,
                               (long long)f->max));
}

static void wrong_range(struct ctx *c, const char *path, const struct field *f)
{
    (void)ctx_bad(
        c, path,
        arena_printf(c->mem, "%lld ile %lld arasında olmalıdır.", (long long)f->min,
                     (long long)f->max),
        arena_printf(c->mem, "Must be from %lld to %lld.", (long long)f->min, (long long)f->max));
}

/* ---- One field ---- */

static bool is_country(const char *s)
{
    return strlen(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z';
}

static bool form_is_right(enum text_form form, const char *s, size_t len)
{
    switch (form) {
    case TEXT_LINE:
    case TEXT_URL:
        return text_is_line(s, len);
    case TEXT_FREE:
        return text_is_utf8(s, len);
    case TEXT_EMAIL:
        return text_is_email(s);
    case TEXT_PHONE:
        return text_is_phone(s);
    case TEXT_COUNTRY:
        return is_country(s);
    case TEXT_SECRET:
        return text_is_line(s, len);
    }
    return false;
}

static void take_text(struct ctx *c, const char *path, const struct field *f, json_object *v,
                      void *dst)
{
    const char *s = json_object_get_string(v);
    size_t len = (size_t)json_object_get_string_len(v);
    int64_t chars = (int64_t)text_chars(s, len);

    if (f->max > 0 && (chars < f->min || chars > f->max))
        wrong_length(c, path, f);
    else if ((len > 0 || f->required) && !form_is_right(f->form, s, len))
        wrong_value(c, path);
    else
        *(const char **)dst = s;
}

static void take_number(struct ctx *c, const char *path, const struct field *f, json_object *v,
                        void *dst)
{
    /* json-c clamps what doesn't fit; the checker let at most 20 characters through. */
    const char *text = json_object_to_json_string(v);
    int64_t n = json_object_get_int64(v);

    if (strlen(text) > 18 || (f->max > 0 && (n < f->min || n > f->max)))
        wrong_range(c, path, f);
    else
        *(int64_t *)dst = n;
}

static bool is_decimal(json_object *v)
{
    return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double) ||
           json_object_is_type(v, json_type_string);
}

/* Its own text: json-c keeps that of a number with a fraction, so 5.56 never becomes binary. */
static const char *decimal_text(json_object *v)
{
    return json_object_is_type(v, json_type_string) ? json_object_get_string(v)
                                                    : json_object_to_json_string(v);
}

static void take_enum(struct ctx *c, const char *path, const struct field *f, json_object *v,
                      void *dst)
{
    for (unsigned i = 0; f->names[i] != NULL; i++) {
        if (strcmp(f->names[i], json_object_get_string(v)) == 0) {
            *(unsigned *)dst = i;
            return;
        }
    }
    wrong_value(c, path);
}

static enum json_type json_type_of(enum field_type t)
{
    switch (t) {
    case F_I64:
    case F_NUMBER_ID:
        return json_type_int;
    case F_BOOL:
        return json_type_boolean;
    case F_TEXT:
    case F_UUID:
    case F_ENUM:
    case F_UTC:
        return json_type_string;
    case F_MONEY:
    case F_BPS:
    case F_BYTES:
        return json_type_null; /* looked at on their own */
    }
    return json_type_null;
}

static void take(struct ctx *c, const char *path, const struct field *f, json_object *v, void *dst)
{
    enum json_type want = json_type_of(f->type);

    if (want != json_type_null ? !json_object_is_type(v, want) : !is_decimal(v)) {
        wrong_type(c, path);
        return;
    }
    switch (f->type) {
    case F_TEXT:
        take_text(c, path, f, v, dst);
        break;
    case F_I64:
    case F_NUMBER_ID:
        take_number(c, path, f, v, dst);
        break;
    case F_BOOL:
        *(bool *)dst = json_object_get_boolean(v);
        break;
    case F_UUID:
        if (!uuid_parse(dst, json_object_get_string(v)))
            wrong_value(c, path);
        break;
    case F_ENUM:
        take_enum(c, path, f, v, dst);
        break;
    case F_UTC:
        if (!utc_parse(dst, json_object_get_string(v)))
            wrong_value(c, path);
        break;
    case F_MONEY:
        if (!money_parse(dst, decimal_text(v)))
            wrong_value(c, path);
        break;
    case F_BPS:
        if (!bps_parse(dst, decimal_text(v)))
            wrong_value(c, path);
        break;
    case F_BYTES:
        wrong_type(c, path);
        break;
    }
}

static enum err take_all(struct ctx *c, json_object *from, const char *prefix, void *out,
                         const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &fields[i];
        const char *path =
            prefix == NULL ? f->name : arena_printf(c->mem, "%s.%s", prefix, f->name);
        json_object *v = NULL;
        bool there = json_object_object_get_ex(from, f->name, &v) && v != NULL;
        if (there)
            take(c, path, f, v, (char *)out + f->off);
        else if (f->required)
            missing(c, path, f);
    }
    return c->field_errors == NULL ? OK : E_BAD_INPUT;
}

enum err ctx_input_(struct ctx *c, void *out, const struct field *fields, size_t n)
{
    TRY(parse(c));
    return take_all(c, c->input, NULL, out, fields, n);
}

enum err ctx_object_(struct ctx *c, const char *name, bool required, void *out,
                     const struct field *fields, size_t n)
{
    json_object *v = NULL;

    TRY(parse(c));
    if (!json_object_object_get_ex(c->input, name, &v) || v == NULL) {
        if (required)
            return ctx_bad(c, name, "Bu alan zorunludur.", "This field is required.");
        return c->field_errors == NULL ? OK : E_BAD_INPUT;
    }
    if (!json_object_is_type(v, json_type_object)) {
        wrong_type(c, name);
        return E_BAD_INPUT;
    }
    return take_all(c, v, name, out, fields, n);
}

bool ctx_has(const struct ctx *c, const char *name)
{
    json_object *v = NULL;
    return json_object_object_get_ex(c->input, name, &v) && v != NULL;
}
