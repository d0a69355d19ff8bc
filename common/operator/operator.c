#include "operator/operator.h"

#include <stdarg.h>
#include <stdio.h>

int operator_says(const char *fmt, ...)
{
    va_list args;

    fputs("vezne: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return STATUS_FAILED;
}
