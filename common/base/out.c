#include "base/out.h"

#include <string.h>

void out_bytes(struct out *o, const char *s, size_t n)
{
    if (n > o->room - o->len)
        n = o->room - o->len;
    memcpy(o->text + o->len, s, n);
    o->len += n;
}

void out_text(struct out *o, const char *s)
{
    out_bytes(o, s, strlen(s));
}

void out_number(struct out *o, int64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (n < 0)
        digits[--at] = '-';
    out_bytes(o, digits + at, sizeof(digits) - at);
}
