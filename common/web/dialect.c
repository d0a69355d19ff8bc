#include <string.h>

#include "web/ctx.h"

/* The catalogue's sentence with err_detail() in the place of "{}". */
static const char *sentence(const struct ctx *c, enum err e)
{
    const struct err_info *info = err_info(e);
    const char *text = e == E_BAD_INPUT && c->own_message != NULL
                           ? c->own_message
                           : ctx_words(c, info->tr, info->en);
    const char *gap = strstr(text, "{}");

    if (gap == NULL)
        return text;
    return arena_printf(c->mem, "%.*s%s%s", (int)(gap - text), text, err_detail(), gap + 2);
}

static json_object *store_error(const struct ctx *c, enum err e)
{
    json_object *o = json_object_new_object();

    json_object_object_add(o, "success", json_object_new_boolean(false));
    json_object_object_add(o, "message", json_object_new_string(sentence(c, e)));
    json_object_object_add(o, "code", json_object_new_string(err_info(e)->code));
    if (c->field_errors != NULL)
        json_object_object_add(o, "errors", json_object_get(c->field_errors));
    return o;
}

static int catalogue_status(enum err e)
{
    return err_info(e)->http;
}

const struct dialect dialect_store = {store_error, catalogue_status};
