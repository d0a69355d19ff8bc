#include "base/json_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* A key of an object that is still open. */
struct key {
    const char *text; /* behind the opening quote */
    uint32_t hash;    /* of the decoded characters */
};

/* An object or array that is still open. */
struct frame {
    bool object;
    uint16_t members;
    uint16_t first_key; /* in keys[]; its keys are the last ones there */
};

struct scan {
    const char *p, *end;
    const char *fault; /* where, if it is not p */
    size_t depth;
    struct frame stack[JSON_DEPTH_MAX];
    size_t key_count;      /* in the document so far */
    size_t live_key_count; /* in open objects */
    struct key keys[JSON_KEYS_MAX];
};

/* One character of a string, or what stands there instead. */
enum { CHAR_END = -1, CHAR_SYNTAX = -2, CHAR_UTF8 = -3, CHAR_CONTROL = -4 };

static int peek(const struct scan *s)
{
    return s->p < s->end ? (unsigned char)*s->p : -1;
}

static bool take(struct scan *s, char c)
{
    if (peek(s) != c)
        return false;
    s->p++;
    return true;
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
        s->p++;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_digits(struct scan *s)
{
    const char *from = s->p;

    while (is_digit(peek(s)))
        s->p++;
    return (size_t)(s->p - from);
}

/* The XXXX of \uXXXX at p, -1 if it is not there. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t unit = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = text_hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* *p stands behind "\u"; moves it behind the digits, of both halves for a pair of surrogates. */
static int32_t unicode_escape(const char **p, const char *end)
{
    int32_t unit = hex4(*p, end);

    if (unit < 0)
        return CHAR_SYNTAX;
    if (unit == 0)
        return CHAR_CONTROL;
    if (unit < 0xD800 || unit > 0xDFFF) {
        *p += 4;
        return unit;
    }
    if (unit > 0xDBFF || end - *p < 6 || (*p)[4] != '\\' || (*p)[5] != 'u')
        return CHAR_UTF8;
    int32_t low = hex4(*p + 6, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return CHAR_UTF8;
    int32_t c = 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00);
    if ((c & 0xF800) == 0xD800) /* json-c 0.16 takes it for a surrogate and reads U+FFFD */
        return CHAR_UTF8;
    *p += 10;
    return c;
}

/* *p stands behind a backslash. */
static int32_t escape(const char **p, const char *end)
{
    if (*p == end)
        return CHAR_SYNTAX;
    char c = *(*p)++;
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        return unicode_escape(p, end);
    default:
        return CHAR_SYNTAX;
    }
}

/* The next character of a string, decoded; CHAR_END at its closing quote. Moves *p only behind
   what is right. */
static int32_t next_char(const char **p, const char *end)
{
    const char *from = *p;
    int32_t c;

    if (from == end)
        return CHAR_SYNTAX;
    if ((unsigned char)*from < 0x20)
        return CHAR_CONTROL;
    if (*from == '"')
        return CHAR_END;
    if (*from == '\\') {
        from++;
        c = escape(&from, end);
    } else {
        c = text_utf8_next(&from, end);
        if (c < 0)
            c = CHAR_UTF8;
    }
    if (c >= 0)
        *p = from;
    return c;
}

/* p stands behind the opening quote and ends behind the closing one. */
static enum json_fault string(struct scan *s, uint32_t *hash)
{
    int32_t c;

    *hash = 2166136261U; /* FNV-1a */
    while ((c = next_char(&s->p, s->end)) >= 0)
        *hash = (*hash ^ (uint32_t)c) * 16777619U;
    if (c == CHAR_UTF8)
        return JSON_UTF8;
    if (c == CHAR_CONTROL)
        return JSON_CONTROL;
    if (c == CHAR_SYNTAX)
        return JSON_SYNTAX;
    s->p++;
    return JSON_OK;
}

static bool key_equal(const char *a, const char *b, const char *end)
{
    int32_t c;

    do {
        c = next_char(&a, end);
        if (c != next_char(&b, end))
            return false;
    } while (c >= 0);
    return true;
}

static enum json_fault key(struct scan *s)
{
    const struct frame *open = &s->stack[s->depth - 1];
    struct key k = {.text = s->p + 1};

    s->fault = s->p;
    if (peek(s) == '"' && s->key_count == JSON_KEYS_MAX)
        return JSON_KEYS;
    s->fault = NULL;
    if (!take(s, '"'))
        return JSON_SYNTAX;
    enum json_fault f = string(s, &k.hash);
    if (f != JSON_OK)
        return f;
    for (size_t i = open->first_key; i < s->live_key_count; i++)
        if (s->keys[i].hash == k.hash && key_equal(s->keys[i].text, k.text, s->end)) {
            s->fault = k.text - 1;
            return JSON_DUPLICATE_KEY;
        }
    s->keys[s->live_key_count++] = k;
    s->key_count++;
    return JSON_OK;
}

/* Does the integer fit? At most 19 digits get here, which uint64_t holds. */
static bool fits_int64(const char *p, const char *end)
{
    bool negative = *p == '-';
    uint64_t n = 0;

    for (p += negative; p < end; p++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
            return false;
    return n <= (uint64_t)INT64_MAX + negative;
}

/* [+-]digits behind an 'e'. The whole number is short: the sum cannot overflow. */
static bool exponent(struct scan *s)
{
    int64_t n = 0;

    if (peek(s) == '+' || peek(s) == '-')
        s->p++;
    const char *from = s->p;
    size_t digits = skip_digits(s);
    for (; from < s->p && n <= JSON_EXPONENT_MAX; from++)
        n = n * 10 + (*from - '0');
    return digits > 0 && n <= JSON_EXPONENT_MAX;
}

static enum json_fault number(struct scan *s)
{
    const char *from = s->p;
    bool integer = true;

    s->fault = from;
    take(s, '-');
    if (take(s, '0') ? is_digit(peek(s)) : skip_digits(s) == 0)
        return JSON_NUMBER;
    if (take(s, '.')) {
        integer = false;
        if (skip_digits(s) == 0)
            return JSON_NUMBER;
    }
    if (take(s, 'e') || take(s, 'E')) {
        integer = false;
        if (!exponent(s))
            return JSON_NUMBER;
    }
    if (s->p - from > JSON_NUMBER_MAX || (integer && !fits_int64(from, s->p)))
        return JSON_NUMBER;
    s->fault = NULL;
    return JSON_OK;
}

static enum json_fault word(struct scan *s, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(s->end - s->p) < len || memcmp(s->p, text, len) != 0)
        return JSON_SYNTAX;
    s->p += len;
    return JSON_OK;
}

static enum json_fault open_frame(struct scan *s)
{
    if (s->depth == JSON_DEPTH_MAX)
        return JSON_DEPTH;
    s->stack[s->depth++] = (struct frame){
        .object = *s->p == '{',
        .first_key = (uint16_t)s->live_key_count,
    };
    s->p++;
    return JSON_OK;
}

/* A scalar, or the beginning of an object or array. */
static enum json_fault value(struct scan *s)
{
    uint32_t hash;
    int c = peek(s);

    switch (c) {
    case '{':
    case '[':
        return open_frame(s);
    case '"':
        s->p++;
        return string(s, &hash);
    case 't':
        return word(s, "true");
    case 'f':
        return word(s, "false");
    case 'n':
        return word(s, "null");
    default:
        return c == '-' || is_digit(c) ? number(s) : JSON_SYNTAX;
    }
}

/* In the innermost open object or array: its end, or one member with the comma before it. */
static enum json_fault step(struct scan *s)
{
    struct frame *open = &s->stack[s->depth - 1];

    skip_space(s);
    if (take(s, open->object ? '}' : ']')) {
        s->live_key_count = open->first_key;
        s->depth--;
        return JSON_OK;
    }
    if (open->members > 0 && !take(s, ','))
        return JSON_SYNTAX;
    skip_space(s);
    if (!open->object && open->members == JSON_ITEMS_MAX)
        return JSON_ITEMS;
    open->members++;
    if (open->object) {
        enum json_fault f = key(s);
        if (f != JSON_OK)
            return f;
        skip_space(s);
        if (!take(s, ':'))
            return JSON_SYNTAX;
        skip_space(s);
    }
    return value(s);
}

static enum json_fault document(struct scan *s)
{
    enum json_fault f;

    skip_space(s);
    int c = peek(s);
    if (c != '{')
        return c > 0 && (strchr("[\"-tfn", c) || is_digit(c)) ? JSON_NOT_OBJECT : JSON_SYNTAX;
    f = open_frame(s);
    while (f == JSON_OK && s->depth > 0)
        f = step(s);
    if (f != JSON_OK)
        return f;
    skip_space(s);
    return s->p == s->end ? JSON_OK : JSON_TRAILING;
}

struct json_verdict json_check(const char *bytes, size_t len)
{
    struct scan s;

    if (len > JSON_BYTES_MAX)
        return (struct json_verdict){JSON_SIZE, JSON_BYTES_MAX};
    if (len == 0)
        return (struct json_verdict){JSON_SYNTAX, 0};
    s.p = bytes;
    s.end = bytes + len;
    s.fault = NULL;
    s.depth = s.key_count = s.live_key_count = 0; /* keys[] and stack[] are filled as needed */
    enum json_fault f = document(&s);
    return (struct json_verdict){f, (size_t)((s.fault ? s.fault : s.p) - bytes)};
}

const char *json_fault_name(enum json_fault f)
{
    static const char *const names[] = {
        [JSON_OK] = "ok",       [JSON_SYNTAX] = "syntax",   [JSON_NOT_OBJECT] = "not_object",
        [JSON_DEPTH] = "depth", [JSON_SIZE] = "size",       [JSON_KEYS] = "keys",
        [JSON_ITEMS] = "items", [JSON_NUMBER] = "number",   [JSON_DUPLICATE_KEY] = "duplicate_key",
        [JSON_UTF8] = "utf8",   [JSON_CONTROL] = "control", [JSON_TRAILING] = "trailing",
    };
    return (size_t)f < sizeof names / sizeof names[0] ? names[f] : "?";
}
