#include "generate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "faults.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t state;
static unsigned keys_left, key_number;

/* splitmix64 */
static uint64_t random64(void)
{
    uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
    return (unsigned)(random64() % n);
}

static void put(struct doc *d, const char *bytes, size_t len)
{
    if (len > sizeof d->text - d->len)
        abort();
    memcpy(d->text + d->len, bytes, len);
    d->len += len;
}

[[gnu::format(printf, 2, 3)]] static void put_format(struct doc *d, const char *format, ...)
{
    char text[64];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(d, text, (size_t)len);
}

static void repeat(struct doc *d, const char *unit, size_t n)
{
    for (size_t len = strlen(unit); n > 0; n--)
        put(d, unit, len);
}

static void put_space(struct doc *d)
{
    if (below(8) == 0)
        repeat(d, below(2) ? " " : "\r\n\t", 1 + below(2));
}

static void put_utf8(struct doc *d, unsigned c)
{
    if (c < 0x800)
        put_format(d, "%c%c", (int)(0xC0 | c >> 6), (int)(0x80 | (c & 63)));
    else if (c < 0x10000)
        put_format(d, "%c%c%c", (int)(0xE0 | c >> 12), (int)(0x80 | (c >> 6 & 63)),
                   (int)(0x80 | (c & 63)));
    else
        put_format(d, "%c%c%c%c", (int)(0xF0 | c >> 18), (int)(0x80 | (c >> 12 & 63)),
                   (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
}

/* Any character, raw or escaped. */
static void put_char(struct doc *d)
{
    unsigned c;

    switch (below(10)) {
    case 0:
        put_format(d, "\\%c", "\"\\/bfnrt"[below(8)]);
        break;
    case 1:
        do
            c = 1 + below(0xFFFF);
        while (c >= 0xD800 && c <= 0xDFFF);
        put_format(d, below(2) ? "\\u%04x" : "\\u%04X", c);
        break;
    case 2:
        do
            c = below(0x100000);
        while ((c & 0xF800) == 0xD800); /* json-c reads them wrongly; refused, see members[] */
        put_format(d, "\\u%04x\\u%04X", 0xD800 + (c >> 10), 0xDC00 + (c & 0x3FF));
        break;
    case 3:
        put_utf8(d, 0x80 + below(0x780));
        break;
    case 4:
        do
            c = 0x800 + below(0xF800);
        while (c >= 0xD800 && c <= 0xDFFF);
        put_utf8(d, c);
        break;
    case 5:
        put_utf8(d, 0x10000 + below(0x100000));
        break;
    default:
        do
            c = 0x20 + below(0x60);
        while (c == '"' || c == '\\');
        put_format(d, "%c", (int)c);
        break;
    }
}

static void put_chars(struct doc *d)
{
    for (unsigned n = below(4) ? below(6) : below(40); n > 0; n--)
        put_char(d);
}

static void put_number(struct doc *d)
{
    static const char *const special[] = {
        "0",    "-0",     "-0.0",     "0.0",    "9007199254740993",     "9223372036854775807",
        "1e99", "1E-99",  "1.5e+007", "0e0",    "-9223372036854775808", "0.123456789012345678",
        "1e5",  "-1.0E1", "12.50",    "12.500",
    };

    switch (below(5)) {
    case 0:
        put_format(d, "%s", special[below(COUNT(special))]);
        break;
    case 1:
        put_format(d, "%" PRId64, (int64_t)random64());
        break;
    case 2:
        put_format(d, "%s%u.%02u", below(4) ? "" : "-", below(100000), below(100));
        break;
    case 3:
        put_format(d, "%u.%ue%s%u", below(10), below(1000000), below(2) ? "-" : "", below(100));
        break;
    default:
        put_format(d, "%d", (int)below(2000) - 1000);
        break;
    }
}

static void put_value(struct doc *d, int depth);

/* Keys end in a number of their own, so they differ. */
static void put_object(struct doc *d, int depth)
{
    bool first = true;

    put(d, "{", 1);
    for (unsigned n = below(6); n > 0 && keys_left > 0; n--, first = false) {
        keys_left--;
        put_space(d);
        repeat(d, ",", !first);
        put_space(d);
        put(d, "\"", 1);
        put_chars(d);
        put_format(d, "#%u\"", key_number++);
        put_space(d);
        put(d, ":", 1);
        put_space(d);
        put_value(d, depth + 1);
    }
    put_space(d);
    put(d, "}", 1);
}

static void put_array(struct doc *d, int depth)
{
    put(d, "[", 1);
    for (unsigned n = below(5), i = 0; i < n; i++) {
        repeat(d, ",", i > 0);
        put_space(d);
        put_value(d, depth + 1);
        put_space(d);
    }
    put(d, "]", 1);
}

static void put_value(struct doc *d, int depth)
{
    static const char *const words[] = {"true", "false", "null"};
    unsigned kind = below(8);

    if (kind < 3 && depth < JSON_DEPTH_MAX && d->len < 4000) {
        if (kind == 0)
            put_object(d, depth);
        else
            put_array(d, depth);
    } else if (kind < 5) {
        put_number(d);
    } else if (kind < 7) {
        put(d, "\"", 1);
        put_chars(d);
        put(d, "\"", 1);
    } else {
        put_format(d, "%s", words[below(COUNT(words))]);
    }
}

/* Puts `text` at `at`, moving the rest. */
static void insert(struct doc *d, size_t at, const char *text, size_t len)
{
    if (len > sizeof d->text - d->len)
        abort();
    memmove(d->text + at + len, d->text + at, d->len - at);
    memcpy(d->text + at, text, len);
    d->len += len;
}

static void add_member(struct doc *d)
{
    size_t i = below(COUNT(members));
    const char *open = memchr(d->text, '{', d->len);
    size_t at = (size_t)(open - d->text) + 1, next = at;

    while (strchr(" \r\n\t", d->text[next]))
        next++;
    if (d->text[next] != '}')
        insert(d, at, ",", 1);
    insert(d, at, members[i].text, members[i].len);
    d->family = members[i].family;
    d->expect = members[i].expect;
}

static void replace(struct doc *d)
{
    size_t i = below(COUNT(others));

    d->len = 0;
    put(d, others[i].text, others[i].len);
    d->family = others[i].family;
}

static void add_tail(struct doc *d)
{
    static const char *const tails[] = {"x", "}", ",", "{}", "\n{\"a\":1}", "null"};
    size_t i = below(COUNT(tails));

    put_format(d, "%s", tails[i]);
    d->family = i < 3 ? 26 : 27;
    if (below(8) == 0) {
        d->len -= strlen(tails[i]);
        put(d, "\0", 1);
        d->family = 26;
    }
}

/* At a limit or one above. */
static void reach_limit(struct doc *d)
{
    unsigned more = below(2);

    d->expect = more ? REFUSE : ACCEPT;
    d->len = 0;
    switch (below(40)) {
    case 0:
        d->family = 5;
        put(d, "{", 1);
        repeat(d, " ", JSON_BYTES_MAX - 2 + more);
        put(d, "}", 1);
        break;
    case 1:
    case 2:
        d->family = 30;
        for (unsigned i = 0; i < JSON_KEYS_MAX + more; i++)
            put_format(d, "%c\"%u\":%u", i ? ',' : '{', i, i);
        put(d, "}", 1);
        break;
    case 3:
    case 4:
        d->family = 31;
        put_format(d, "{\"a\":[0");
        repeat(d, ",1", JSON_ITEMS_MAX - 1 + more);
        put_format(d, "]}");
        break;
    case 5:
        d->family = 39;
        put_format(d, "{\"a\":");
        repeat(d, "9", more ? 400 : 18);
        put_format(d, "}");
        break;
    default:
        d->family = 29;
        put_format(d, "{\"a\":");
        repeat(d, "[", JSON_DEPTH_MAX - 1 + more);
        repeat(d, "]", JSON_DEPTH_MAX - 1 + more);
        put_format(d, "}");
        break;
    }
}

/* Changes, removes, adds or copies a few bytes anywhere, or cuts the document off. */
static void damage(struct doc *d)
{
    static const char likely[] = "{}[]\",:\\u0019-+.eEtfn/ \n\xC3\x80\xEF";

    d->expect = EITHER;
    for (unsigned n = 1 + below(3); n > 0 && d->len > 0; n--) {
        size_t at = below((unsigned)d->len);
        char c = below(4) ? likely[below(sizeof likely)] : (char)below(256);
        switch (below(8)) {
        case 0:
        case 1:
        case 2:
            d->text[at] = c;
            break;
        case 3:
        case 4:
            insert(d, at, &c, 1);
            break;
        case 5:
            memmove(d->text + at, d->text + at + 1, --d->len - at);
            break;
        case 6:
            put(d, d->text + at, 1 + below((unsigned)(d->len - at)));
            break;
        default:
            d->len = below(8) ? d->len : at;
            d->text[at] ^= (char)(1 << below(8));
            break;
        }
    }
}

void generate(struct doc *d, uint64_t number)
{
    state = number;
    keys_left = 150;
    key_number = 0;
    d->len = 0;
    d->family = 0;
    d->expect = ACCEPT;
    put_space(d);
    put_object(d, 1);
    put_space(d);
    switch (below(3)) {
    case 0:
        return;
    case 1:
        damage(d);
        return;
    default:
        d->expect = REFUSE;
        break;
    }
    switch (below(40)) {
    case 0:
        replace(d);
        break;
    case 1:
    case 2:
        add_tail(d);
        break;
    case 3:
        insert(d, 0, "\xEF\xBB\xBF", 3);
        d->family = 41;
        break;
    case 4:
        reach_limit(d);
        break;
    default:
        add_member(d);
        break;
    }
}
