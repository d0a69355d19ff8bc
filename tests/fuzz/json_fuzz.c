// needs: common/base/json_check.c common/base/text.c
// libs: -ljson-c -lcrypto
// What json_check() passes, json-c takes whole and as an object; what it refuses, it can place.
#include <json-c/json.h>

#include "base/json_check.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct json_verdict v = json_check(text, size);

    HOLDS(v.at <= size && json_fault_name(v.fault)[0] != '?');
    if (v.fault == JSON_OK) {
        struct json_tokener *tokener = json_tokener_new();
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        struct json_object *o = json_tokener_parse_ex(tokener, text, (int)size);
        HOLDS(json_tokener_get_error(tokener) == json_tokener_success);
        HOLDS(json_object_is_type(o, json_type_object));
        json_object_put(o);
        json_tokener_free(tokener);
    }
    free(text);
    return 0;
}
