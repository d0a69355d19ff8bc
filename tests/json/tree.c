#include "tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tree_put(struct tree *t, const char *bytes, size_t len)
{
    if (len > sizeof t->text - t->len)
        abort();
    memcpy(t->text + t->len, bytes, len);
    t->len += len;
}

void tree_put_text(struct tree *t, char kind, const char *bytes, size_t len)
{
    tree_printf(t, "%c%zu:", kind, len);
    tree_put(t, bytes, len);
}

void tree_printf(struct tree *t, const char *format, ...)
{
    char line[64];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line)
        abort();
    tree_put(t, line, (size_t)len);
}

void tree_numbers(struct tree *out, const char *doc, size_t len)
{
    bool in_string = false;

    out->len = 0;
    for (size_t i = 0; i < len; i++) {
        if (doc[i] == '"')
            in_string = !in_string;
        else if (in_string && doc[i] == '\\')
            i++;
        if (in_string || !strchr("-0123456789", doc[i]))
            continue;
        size_t from = i;
        while (i < len && strchr("+-.eE0123456789", doc[i]))
            i++;
        if (i - from == 2 && memcmp(doc + from, "-0", 2) == 0) /* the integer is 0 */
            from++;
        tree_put(out, doc + from, i - from);
        tree_put(out, "\n", 1);
        i--;
    }
}
