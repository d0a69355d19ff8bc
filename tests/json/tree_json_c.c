#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "tree.h"

static void write_value(struct tree *out, struct tree *numbers, struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_object: {
        tree_put(out, "{", 1);
        json_object_object_foreach(v, key, member)
        {
            tree_put_text(out, 'k', key, strlen(key));
            write_value(out, numbers, member);
        }
        tree_put(out, "}", 1);
        break;
    }
    case json_type_array:
        tree_put(out, "[", 1);
        for (size_t i = 0; i < json_object_array_length(v); i++)
            write_value(out, numbers, json_object_array_get_idx(v, i));
        tree_put(out, "]", 1);
        break;
    case json_type_string:
        tree_put_text(out, 's', json_object_get_string(v), (size_t)json_object_get_string_len(v));
        break;
    case json_type_int:
        tree_printf(out, "i%" PRId64 "\n", json_object_get_int64(v));
        tree_printf(numbers, "%" PRId64 "\n", json_object_get_int64(v));
        break;
    case json_type_double:
        tree_printf(out, "r%a\n", json_object_get_double(v));
        tree_printf(numbers, "%s\n", json_object_get_string(v)); /* as it stood in the document */
        break;
    case json_type_boolean:
        tree_put(out, json_object_get_boolean(v) ? "t" : "f", 1);
        break;
    case json_type_null:
        tree_put(out, "n", 1);
        break;
    }
}

bool tree_json_c(struct tree *out, struct tree *numbers, const char *doc, size_t len)
{
    struct json_tokener *tokener = json_tokener_new();

    out->len = numbers->len = 0;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *v = json_tokener_parse_ex(tokener, doc, (int)len);
    bool ok = json_tokener_get_error(tokener) == json_tokener_success;
    if (ok)
        write_value(out, numbers, v);
    json_object_put(v);
    json_tokener_free(tokener);
    return ok;
}
