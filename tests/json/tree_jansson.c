#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "tree.h"

static void write_value(struct tree *out, json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: /* jansson, too, keeps the order of the document */
        tree_put(out, "{", 1);
        for (void *i = json_object_iter(v); i; i = json_object_iter_next(v, i)) {
            const char *key = json_object_iter_key(i);
            tree_put_text(out, 'k', key, strlen(key));
            write_value(out, json_object_iter_value(i));
        }
        tree_put(out, "}", 1);
        break;
    case JSON_ARRAY:
        tree_put(out, "[", 1);
        for (size_t i = 0; i < json_array_size(v); i++)
            write_value(out, json_array_get(v, i));
        tree_put(out, "]", 1);
        break;
    case JSON_STRING:
        tree_put_text(out, 's', json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER:
        tree_printf(out, "i%" PRId64 "\n", (int64_t)json_integer_value(v));
        break;
    case JSON_REAL:
        tree_printf(out, "r%a\n", json_real_value(v));
        break;
    case JSON_TRUE:
        tree_put(out, "t", 1);
        break;
    case JSON_FALSE:
        tree_put(out, "f", 1);
        break;
    case JSON_NULL:
        tree_put(out, "n", 1);
        break;
    }
}

bool tree_jansson(struct tree *out, const char *doc, size_t len)
{
    json_error_t error;
    json_t *v = json_loadb(doc, len, JSON_REJECT_DUPLICATES, &error);

    out->len = 0;
    if (!v)
        return false;
    write_value(out, v);
    json_decref(v);
    return true;
}
