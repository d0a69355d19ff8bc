#include "base/json_check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

/* The numbers are the families of bad input. */
static const struct {
    const char *text;
    size_t len;
    enum json_fault fault;
    size_t at;
} cases[] = {
    {BYTES("{}"),                                                        JSON_OK,            2 },
    {BYTES(" \t\r\n{ \t\r\n} \t\r\n"),                                   JSON_OK,            14},
    {BYTES("{\"a\":1}"),                                                 JSON_OK,            7 },
    {BYTES("{\"a\" : [ 1 , 2 ] , \"b\" : { } }"),                        JSON_OK,            30},
    {BYTES("{\"a\":[true,false,null,\"\",[],{}]}"),                      JSON_OK,            32},
    {BYTES("{\"\":\"\"}"),                                               JSON_OK,            7 },
    {BYTES("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e7\\u0001\"}"),      JSON_OK,            36},
    {BYTES("{\"a\":\"\\uD83D\\uDE00 \xF0\x9F\x98\x80 \x7F \xC2\x80\"}"), JSON_OK,            30},
    {BYTES("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":2}}"),                 JSON_OK,            31},
    {BYTES("{\"a\":[{\"b\":1},{\"b\":1}]}"),                             JSON_OK,            23},
    {BYTES("{\"a\":1,\"A\":2,\"a \":3,\"\":4}"),                         JSON_OK,            25},
    {BYTES("{\"x\":{\"b\":1},\"b\":2}"),                                 JSON_OK,            19},
    {BYTES(""),                                                          JSON_SYNTAX,        0 }, /* 25: not JSON */
    {BYTES("  "),                                                        JSON_SYNTAX,        2 },
    {BYTES("\0"),                                                        JSON_SYNTAX,        0 },
    {BYTES("hello"),                                                     JSON_SYNTAX,        0 },
    {BYTES("a=1&b=2"),                                                   JSON_SYNTAX,        0 },
    {BYTES("<xml/>"),                                                    JSON_SYNTAX,        0 },
    {BYTES("{"),                                                         JSON_SYNTAX,        1 },
    {BYTES("}"),                                                         JSON_SYNTAX,        0 },
    {BYTES("{]"),                                                        JSON_SYNTAX,        1 },
    {BYTES("{\"a\""),                                                    JSON_SYNTAX,        4 },
    {BYTES("{\"a\":"),                                                   JSON_SYNTAX,        5 },
    {BYTES("{\"a\":}"),                                                  JSON_SYNTAX,        5 },
    {BYTES("{\"a\" 1}"),                                                 JSON_SYNTAX,        5 },
    {BYTES("{\"a\":1"),                                                  JSON_SYNTAX,        6 },
    {BYTES("{\"a\":1 \"b\":2}"),                                         JSON_SYNTAX,        7 },
    {BYTES("{\"a\":[1 2]}"),                                             JSON_SYNTAX,        8 },
    {BYTES("{\"a\":[}"),                                                 JSON_SYNTAX,        6 },
    {BYTES("{\"a\":\"x"),                                                JSON_SYNTAX,        7 },
    {BYTES("{\"a\":\"x\\"),                                              JSON_SYNTAX,        7 },
    {BYTES("{\"a\":\"\\x\"}"),                                           JSON_SYNTAX,        6 },
    {BYTES("{\"a\":\"\\u12\"}"),                                         JSON_SYNTAX,        6 },
    {BYTES("{\"a\":\"\\u12g4\"}"),                                       JSON_SYNTAX,        6 },
    {BYTES("{\"a\":\"\\U0041\"}"),                                       JSON_SYNTAX,        6 },
    {BYTES("{a:1}"),                                                     JSON_SYNTAX,        1 },
    {BYTES("{1:1}"),                                                     JSON_SYNTAX,        1 },
    {BYTES("{\"a\":True}"),                                              JSON_SYNTAX,        5 },
    {BYTES("{\"a\":tru}"),                                               JSON_SYNTAX,        5 },
    {BYTES("{\"a\":truex}"),                                             JSON_SYNTAX,        9 },
    {BYTES("{\"a\":nul"),                                                JSON_SYNTAX,        5 },
    {BYTES("{\"a\"\f:1}"),                                               JSON_SYNTAX,        4 },
    {BYTES("{\xC2\xA0}"),                                                JSON_SYNTAX,        1 },
    {BYTES("{}x"),                                                       JSON_TRAILING,      2 }, /* 26: trailing bytes */
    {BYTES("{} }"),                                                      JSON_TRAILING,      3 },
    {BYTES("{}\0"),                                                      JSON_TRAILING,      2 },
    {BYTES("{},"),                                                       JSON_TRAILING,      2 },
    {BYTES("{}{}"),                                                      JSON_TRAILING,      2 }, /* 27: two documents */
    {BYTES("{}\n{}"),                                                    JSON_TRAILING,      3 },
    {BYTES("[]"),                                                        JSON_NOT_OBJECT,    0 }, /* 28: array or scalar on top */
    {BYTES(" \"a\""),                                                    JSON_NOT_OBJECT,    1 },
    {BYTES("1"),                                                         JSON_NOT_OBJECT,    0 },
    {BYTES("-1"),                                                        JSON_NOT_OBJECT,    0 },
    {BYTES("true"),                                                      JSON_NOT_OBJECT,    0 },
    {BYTES("false"),                                                     JSON_NOT_OBJECT,    0 },
    {BYTES("null"),                                                      JSON_NOT_OBJECT,    0 },
    {BYTES("{\"a\":1,\"b\":2,\"a\":3}"),                                 JSON_DUPLICATE_KEY, 13}, /* 32: duplicate key */
    {BYTES("{\"\":1,\"\":1}"),                                           JSON_DUPLICATE_KEY, 6 },
    {BYTES("{\"a\":{\"b\":1},\"a\":1}"),                                 JSON_DUPLICATE_KEY, 13},
    {BYTES("{\"x\":{\"b\":1,\"b\":1}}"),                                 JSON_DUPLICATE_KEY, 12},
    {BYTES("{\"a\":1,\"\\u0061\":2}"),                                   JSON_DUPLICATE_KEY, 7 }, /* 33: by escape */
    {BYTES("{\"\\u00FC\":1,\"\xC3\xBC\":2}"),                            JSON_DUPLICATE_KEY, 12},
    {BYTES("{\"\\/\":1,\"/\":2}"),                                       JSON_DUPLICATE_KEY, 8 },
    {BYTES("{\"\\uD83D\\ude00\":1,\"\xF0\x9F\x98\x80\":2}"),             JSON_DUPLICATE_KEY, 18},
    {BYTES("{'a':1}"),                                                   JSON_SYNTAX,        1 }, /* 34: single quotes */
    {BYTES("{\"a\":'b'}"),                                               JSON_SYNTAX,        5 },
    {BYTES("{/**/}"),                                                    JSON_SYNTAX,        1 }, /* 35: comments */
    {BYTES("{}//"),                                                      JSON_TRAILING,      2 },
    {BYTES("#\n{}"),                                                     JSON_SYNTAX,        0 },
    {BYTES("{\"a\":1,}"),                                                JSON_SYNTAX,        7 }, /* 36: trailing comma */
    {BYTES("{,}"),                                                       JSON_SYNTAX,        1 },
    {BYTES("{\"a\":[1,]}"),                                              JSON_SYNTAX,        8 },
    {BYTES("{\"a\":[,1]}"),                                              JSON_SYNTAX,        6 },
    {BYTES("{\"a\":[1,,2]}"),                                            JSON_SYNTAX,        8 },
    {BYTES("{\"a\":NaN}"),                                               JSON_SYNTAX,        5 }, /* 37: NaN, Infinity */
    {BYTES("{\"a\":Infinity}"),                                          JSON_SYNTAX,        5 },
    {BYTES("{\"a\":-Infinity}"),                                         JSON_NUMBER,        5 },
    {BYTES("{\"a\":\"\x80\"}"),                                          JSON_UTF8,          6 }, /* 41: bad UTF-8 */
    {BYTES("{\"a\":\"\xC0\xAF\"}"),                                      JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\xC0\x80\"}"),                                      JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\xED\xA0\x80\"}"),                                  JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\xF4\x90\x80\x80\"}"),                              JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\xC3\"}"),                                          JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\xE2\x82"),                                         JSON_UTF8,          6 },
    {BYTES("{\"\xFF\":1}"),                                              JSON_UTF8,          2 },
    {BYTES("{\"a\":\"\\uD800\"}"),                                       JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uDC00\"}"),                                       JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uDE00\\uD83D\"}"),                                JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD83D\\u0041\"}"),                                JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uDC00\\uDC00\"}"),                                JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD83D\\uDBFF\"}"),                                JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD83D\\uE000\"}"),                                JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD83Dx\\uDE00\"}"),                               JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD83D\\uDE0\"}"),                                 JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD83D\\"),                                        JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD836\\uDC00\"}"),                                JSON_UTF8,          6 }, /* U+1D800: see json_check.h */
    {BYTES("{\"a\":\"\\uD837\\uDFFF\"}"),                                JSON_UTF8,          6 },
    {BYTES("{\"a\":\"\\uD835\\uDFFF\\uD838\\uDC00\"}"),                  JSON_OK,            32},
    {BYTES("{\"a\":\"\xF0\x9D\xA0\x80\"}"),                              JSON_OK,            12},
    {BYTES("\xEF\xBB\xBF{}"),                                            JSON_SYNTAX,        0 },
    {BYTES("{}\xEF\xBB\xBF"),                                            JSON_TRAILING,      2 },
    {BYTES("{\"a\":\"x\0y\"}"),                                          JSON_CONTROL,       7 }, /* 42: U+0000 */
    {BYTES("{\"a\":\"\\u0000\"}"),                                       JSON_CONTROL,       6 },
    {BYTES("{\"a\\u0000\":1}"),                                          JSON_CONTROL,       3 },
    {BYTES("{\"a\":1\0}"),                                               JSON_SYNTAX,        6 },
    {BYTES("{\"a\":\"x\ny\"}"),                                          JSON_CONTROL,       7 }, /* 43: raw control characters */
    {BYTES("{\"a\":\"\t\"}"),                                            JSON_CONTROL,       6 },
    {BYTES("{\"a\":\"\x1F\"}"),                                          JSON_CONTROL,       6 },
    {BYTES("{\"\r\":1}"),                                                JSON_CONTROL,       2 },
};

/* On a copy that ends where its heap block ends: the sanitizer sees any step too far. */
static struct json_verdict check(const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    memcpy(copy + 1, text, len);
    struct json_verdict v = json_check(copy + 1, len);
    free(copy);
    return v;
}

static void table(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_verdict v = check(cases[i].text, cases[i].len);
        CHECK_THAT(v.fault == cases[i].fault && v.at == cases[i].at, "%s: %s at %zu", cases[i].text,
                   json_fault_name(v.fault), v.at);
    }
}

/* 38 to 40: what may stand for a number. */
static const struct {
    const char *text;
    enum json_fault fault;
} number_cases[] = {
    {"0",                       JSON_OK    },
    {"-0",                      JSON_OK    },
    {"-0.0",                    JSON_OK    },
    {"12.50",                   JSON_OK    },
    {"10",                      JSON_OK    },
    {"1e2",                     JSON_OK    },
    {"1E+2",                    JSON_OK    },
    {"0e-2",                    JSON_OK    },
    {"1.5e-99",                 JSON_OK    },
    {"1e0099",                  JSON_OK    },
    {"9007199254740993",        JSON_OK    }, /* 2^53 + 1 */
    {"9223372036854775807",     JSON_OK    }, /* 2^63 - 1 */
    {"-9223372036854775808",    JSON_OK    },
    {"0.123456789012345678",    JSON_OK    }, /* 20 characters */
    {"0.1234567890123456789",   JSON_NUMBER},
    {"9223372036854775808",     JSON_NUMBER},
    {"-9223372036854775809",    JSON_NUMBER},
    {"9999999999999999999",     JSON_NUMBER},
    {"18446744073709551616",    JSON_NUMBER},
    {"92233720368547758089999", JSON_NUMBER},
    {"1e100",                   JSON_NUMBER},
    {"1e400",                   JSON_NUMBER},
    {"1e-400",                  JSON_NUMBER},
    {"1e99999999999",           JSON_NUMBER},
    {"01",                      JSON_NUMBER},
    {"00",                      JSON_NUMBER},
    {"-01",                     JSON_NUMBER},
    {"1.",                      JSON_NUMBER},
    {"1.e2",                    JSON_NUMBER},
    {"1e",                      JSON_NUMBER},
    {"1e+",                     JSON_NUMBER},
    {"-",                       JSON_NUMBER},
    {"--1",                     JSON_NUMBER},
    {"-.5",                     JSON_NUMBER},
    {".5",                      JSON_SYNTAX},
    {"+1",                      JSON_SYNTAX},
    {"0x1",                     JSON_SYNTAX},
    {"1_000",                   JSON_SYNTAX},
    {"1,5",                     JSON_SYNTAX},
    {"1e2.5",                   JSON_SYNTAX},
    {"1.2.3",                   JSON_SYNTAX},
    {"\xD9\xA1",                JSON_SYNTAX},
};

static void numbers(void)
{
    for (size_t i = 0; i < COUNT(number_cases); i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "{\"a\":%s}", number_cases[i].text);
        struct json_verdict v = check(text, (size_t)len);
        CHECK_THAT(v.fault == number_cases[i].fault, "%s: %s", text, json_fault_name(v.fault));
        CHECK_THAT(v.fault != JSON_NUMBER || v.at == 5, "%s: at %zu", text, v.at);
    }
}

static char big[200 * 1024];

/* `n` times `unit` between `head` and `tail`. */
static enum json_fault repeat(const char *head, const char *unit, size_t n, const char *tail)
{
    size_t len = (size_t)snprintf(big, sizeof big, "%s", head);

    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(big + len, sizeof big - len, "%s", unit);
    len += (size_t)snprintf(big + len, sizeof big - len, "%s", tail);
    return check(big, len).fault;
}

static void limits(void)
{
    CHECK_THAT(repeat("{\"a\":", "[", 15, "]]]]]]]]]]]]]]]}") == JSON_OK, "depth 16");
    CHECK_THAT(repeat("{\"a\":", "[", 16, "]]]]]]]]]]]]]]]]}") == JSON_DEPTH, "depth 17");
    CHECK_THAT(repeat("{\"a\":", "[", 60000, "") == JSON_DEPTH, "depth 60,000");
    CHECK_THAT(repeat("{\"a\":", "[", 100000, "") == JSON_SIZE, "depth 100,000");
    CHECK_THAT(repeat("", "{\"a\":", 16, "1}}}}}}}}}}}}}}}}") == JSON_OK, "16 objects");
    CHECK_THAT(repeat("", "{\"a\":", 17, "1}}}}}}}}}}}}}}}}}") == JSON_DEPTH, "17 objects");
    CHECK_THAT(repeat("{\"a\":[1", ",1", 999, "]}") == JSON_OK, "1,000 items");
    CHECK_THAT(repeat("{\"a\":[1", ",1", 1000, "]}") == JSON_ITEMS, "1,001 items");
    CHECK_THAT(repeat("{\"a\":[[]", ",[1,2]", 999, "]}") == JSON_OK, "1,000 arrays");
    CHECK_THAT(repeat("{\"a\":[{\"a\":1}", ",{\"a\":1}", 198, "]}") == JSON_OK, "200 keys");
    CHECK_THAT(repeat("{\"a\":[{\"a\":1}", ",{\"a\":1}", 199, "]}") == JSON_KEYS, "201 keys");
    CHECK_THAT(repeat("{", " ", JSON_BYTES_MAX - 2, "}") == JSON_OK, "64 KiB");
    CHECK_THAT(repeat("{", " ", JSON_BYTES_MAX - 1, "}") == JSON_SIZE, "one byte more");
    CHECK_THAT(json_check(NULL, 0).fault == JSON_SYNTAX, "nothing");
}

/* One flat object, all keys different but for the last if `twin`. */
static enum json_fault flat(size_t n, bool twin)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(big + len, sizeof big - len, "%c\"key %zu\":%zu", i ? ',' : '{',
                                twin && i + 1 == n ? 0 : i, i);
    big[len++] = '}';
    return check(big, len).fault;
}

static void keys(void)
{
    CHECK_THAT(flat(200, false) == JSON_OK, "200 keys");
    CHECK_THAT(flat(201, false) == JSON_KEYS, "201 keys");
    CHECK_THAT(flat(200, true) == JSON_DUPLICATE_KEY, "200th key is the first");
}

/* Every document cut anywhere, and with any byte in any place, ends in a verdict within bounds. */
static void damaged(void)
{
    static const char whole[] = "{\"a\":[1,-2.5e3,{\"b\":\"\\uD83D\\uDE00\xC3\xBC\"}],\"c\":null}";
    char copy[sizeof whole];
    size_t len = sizeof whole - 1;

    CHECK_THAT(check(whole, len).fault == JSON_OK, "whole");
    for (size_t cut = 0; cut < len; cut++) {
        struct json_verdict v = check(whole, cut);
        CHECK_THAT(v.fault != JSON_OK && v.at <= cut, "cut at %zu: %zu", cut, v.at);
    }
    for (size_t i = 0; i < len; i++)
        for (int c = 0; c < 256; c++) {
            memcpy(copy, whole, sizeof whole);
            copy[i] = (char)c;
            struct json_verdict v = check(copy, len);
            CHECK_THAT(v.at <= len && (v.fault == JSON_OK || v.at + 12 >= i), "%zu %02x", i, c);
        }
}

static void names(void)
{
    CHECK_THAT(strcmp(json_fault_name(JSON_OK), "ok") == 0, "first");
    CHECK_THAT(strcmp(json_fault_name(JSON_DUPLICATE_KEY), "duplicate_key") == 0, "inside");
    CHECK_THAT(strcmp(json_fault_name(JSON_TRAILING), "trailing") == 0, "last");
    CHECK_THAT(strcmp(json_fault_name((enum json_fault)99), "?") == 0, "none");
}

int main(void)
{
    RUN(table);
    RUN(numbers);
    RUN(limits);
    RUN(keys);
    RUN(damaged);
    RUN(names);
    return test_result();
}
