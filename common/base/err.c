#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct err_info catalogue[] = {
#define X(name, http, code, tr, en) [name] = {http, code, tr, en},
#include "base/errors.def"
#undef X
};

static char detail[256];

const struct err_info *err_info(enum err e)
{
    return &catalogue[(unsigned)e < ERR_COUNT ? e : E_INTERNAL];
}

enum err err_say(enum err e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(detail, sizeof(detail), fmt, ap);
    va_end(ap);
    if (n < 0)
        detail[0] = '\0';
    if (n >= (int)sizeof(detail)) {
        size_t end = sizeof(detail) - 1;
        while (end > 0 && ((unsigned char)detail[end - 1] & 0xC0) == 0x80)
            end--;                            /* continuation bytes of a character that was cut, */
        detail[end > 0 ? end - 1 : 0] = '\0'; /* and its first byte */
    }
    return e;
}

const char *err_detail(void)
{
    return detail;
}

void err_forget(void)
{
    detail[0] = '\0';
}
