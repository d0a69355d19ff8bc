#include <string.h>

#include "db/db.h"

struct param param_i64(int64_t v)
{
    return (struct param){.type = F_I64, .i = v};
}

struct param param_int(int v)
{
    return param_i64(v);
}

struct param param_uint(unsigned v)
{
    return param_i64(v);
}

struct param param_bool(bool v)
{
    return param_i64(v);
}

struct param param_money(struct money v)
{
    return (struct param){.type = F_MONEY, .i = v.kurus};
}

struct param param_bps(struct bps v)
{
    return (struct param){.type = F_BPS, .i = v.v};
}

struct param param_utc(struct utc v)
{
    return (struct param){.type = F_UTC, .null = v.us == 0, .i = v.us};
}

struct param param_text(const char *v)
{
    return (struct param){
        .type = F_TEXT, .null = v == NULL, .s = v, .len = v == NULL ? 0 : strlen(v)};
}

struct param param_sealed(struct sealed v)
{
    return (struct param){.type = F_BYTES, .null = v.data == NULL, .s = v.data, .len = v.len};
}

struct param param_number_id(int64_t v)
{
    return (struct param){.type = F_NUMBER_ID, .null = v == 0, .i = v};
}
