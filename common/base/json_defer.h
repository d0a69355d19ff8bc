#ifndef BASE_JSON_DEFER_H
#define BASE_JSON_DEFER_H
#include <json-c/json.h>

#include "base/arena.h"

/* The object is given back with the arena's next reset. NULL is fine. */
void json_defer(struct arena *mem, struct json_object *o);

#endif
