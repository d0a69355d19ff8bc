#include "base/json_defer.h"

static void put(void *o)
{
    json_object_put(o);
}

void json_defer(struct arena *mem, struct json_object *o)
{
    arena_defer(mem, put, o);
}
