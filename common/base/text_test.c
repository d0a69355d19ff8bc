#include "base/text.h"

#include <string.h>

#include "test.h"

/* Bytes with their length: some hold NUL. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *s;
    size_t len;
    bool utf8, line;
    size_t chars;
} utf8_cases[] = {
    {BYTES(""),                         true,  true,  0},
    {BYTES("plain"),                    true,  true,  5},
    {BYTES("\xC4\xB0"
           "ade \xC5\x9F"),
     true,                                     true,  6},
    {BYTES("\xE2\x82\xBA"),             true,  true,  1}, /* U+20BA, the lira sign */
    {BYTES("\xF0\x9F\x98\x80"),         true,  true,  1}, /* U+1F600 */
    {BYTES("\xF4\x8F\xBF\xBF"),         true,  true,  1}, /* U+10FFFF */
    {BYTES("\xED\x9F\xBF\xEE\x80\x80"), true,  true,  2}, /* around the surrogates */
    {BYTES("\xEF\xBF\xBF"),             true,  true,  1}, /* U+FFFF */
    {BYTES("\xC2\xA0"),                 true,  true,  1}, /* no-break space */
    {BYTES("a\tb"),                     true,  false, 3},
    {BYTES("a\r\nb"),                   true,  false, 4},
    {BYTES("a\x7F"),                    true,  false, 2},
    {BYTES("\xC2\x80"),                 true,  false, 1},
    {BYTES("\xC2\x85"),                 true,  false, 1}, /* next line */
    {BYTES("\xC2\x9F"),                 true,  false, 1},
    {BYTES("\xE2\x80\xA8"),             true,  false, 1}, /* line separator */
    {BYTES("\xE2\x80\xA9"),             true,  false, 1}, /* paragraph separator */
    {BYTES("a\0b"),                     false, false, 0},
    {BYTES("\x01"),                     false, false, 0},
    {BYTES("\x1B[31m"),                 false, false, 0},
    {BYTES("\x0B"),                     false, false, 0},
    {BYTES("\x80"),                     false, false, 0}, /* continuation alone */
    {BYTES("\xC0\xAF"),                 false, false, 0}, /* overlong */
    {BYTES("\xC1\xBF"),                 false, false, 0},
    {BYTES("\xE0\x9F\xBF"),             false, false, 0},
    {BYTES("\xF0\x8F\xBF\xBF"),         false, false, 0},
    {BYTES("\xC0\x80"),                 false, false, 0}, /* NUL, overlong */
    {BYTES("\xED\xA0\x80"),             false, false, 0}, /* surrogates */
    {BYTES("\xED\xBF\xBF"),             false, false, 0},
    {BYTES("\xF4\x90\x80\x80"),         false, false, 0}, /* U+110000 */
    {BYTES("\xF5\x80\x80\x80"),         false, false, 0},
    {BYTES("\xF8\x88\x80\x80\x80"),     false, false, 0},
    {BYTES("\xFF"),                     false, false, 0},
    {BYTES("\xC3"),                     false, false, 0}, /* truncated */
    {BYTES("\xE2\x82"),                 false, false, 0},
    {BYTES("\xF0\x9F\x98"),             false, false, 0},
    {BYTES("\xC3("),                    false, false, 0},
    {BYTES("\xE2\x82("),                false, false, 0},
};

static void utf8(void)
{
    for (size_t i = 0; i < COUNT(utf8_cases); i++) {
        const char *s = utf8_cases[i].s;
        size_t len = utf8_cases[i].len;
        CHECK_THAT(text_is_utf8(s, len) == utf8_cases[i].utf8, "case %zu", i);
        CHECK_THAT(text_is_line(s, len) == utf8_cases[i].line, "case %zu", i);
        if (utf8_cases[i].utf8)
            CHECK_THAT(text_chars(s, len) == utf8_cases[i].chars, "case %zu", i);
    }
}

/* Every code point, encoded by hand here. */
static void utf8_everywhere(void)
{
    for (int32_t c = 0; c < 0x110000; c++) {
        char s[4];
        int len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (int i = len - 1, rest = c; i >= 0; i--, rest >>= 6)
            s[i] = (char)(i > 0 ? 0x80 | (rest & 0x3F) : rest);
        if (len > 1)
            s[0] = (char)(s[0] | (0xF00 >> len));
        const char *p = s;
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        int32_t back = text_utf8_next(&p, s + len);
        if (back != (surrogate ? -1 : c) || p != (surrogate ? s : s + len) || c % 1000 == 0)
            CHECK_THAT(back == (surrogate ? -1 : c) && p == (surrogate ? s : s + len), "%x", c);
    }
}

static const struct {
    const char *s;
    bool ok;
} email_cases[] = {
    {"ayse@example.com",        true },
    {"a.b+tag@sub.example.co",  true },
    {"o'neil_%x@example.com",   true },
    {"a@localhost",             true },
    {"shop@demo.test",          true },
    {"A@EXAMPLE.COM",           true },
    {"a@xn--rnek-5qa.com",      true },
    {"a@1.example.com",         true },
    {"a@a-b.com",               true },
    {"",                        false},
    {"@",                       false},
    {"a",                       false},
    {"a@",                      false},
    {"@example.com",            false},
    {"a@b@example.com",         false},
    {"a@example",               false},
    {"a@.com",                  false},
    {"a@example.",              false},
    {"a@example..com",          false},
    {"a@-example.com",          false},
    {"a@example-.com",          false},
    {"a@exa_mple.com",          false},
    {"a@example.c",             false},
    {"a@127.0.0.1",             false},
    {"a@10.20.30.40",           false},
    {"a@[127.0.0.1]",           false},
    {"a@localhost.",            false},
    {".a@example.com",          false},
    {"a.@example.com",          false},
    {"a..b@example.com",        false},
    {"\"a b\"@example.com",     false},
    {"a b@example.com",         false},
    {"a(x)@example.com",        false},
    {"Ay <a@example.com>",      false},
    {"a@example.com ",          false},
    {"a@example.com\n",         false},
    {"a\r\nBcc: b@example.com", false},
    {"a,b@example.com",         false},
    {"\xC5\x9F@example.com",    false},
    {"a@\xC3\xB6rnek.com",      false},
};

static void email(void)
{
    char s[400];

    for (size_t i = 0; i < COUNT(email_cases); i++)
        CHECK_THAT(text_is_email(email_cases[i].s) == email_cases[i].ok, "%s", email_cases[i].s);

    /* 64 bytes before the '@', 63 in a label, 254 in all */
    for (size_t local = 60; local < 70; local++) {
        snprintf(s, sizeof s, "%.*s@example.com", (int)local,
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        CHECK_THAT(text_is_email(s) == (local <= 64), "%zu", local);
        snprintf(s, sizeof s, "a@%.*s.com", (int)local,
                 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
        CHECK_THAT(text_is_email(s) == (local <= 63), "%zu", local);
    }
    for (size_t len = 250; len < 260; len++) {
        memset(s, 'c', len);
        s[1] = '@';
        for (size_t i = 10; i < len - 2; i += 20)
            s[i] = '.';
        s[len] = '\0';
        CHECK_THAT(text_is_email(s) == (len <= 254), "%zu", len);
    }
}

static const struct {
    const char *s;
    bool ok;
} phone_cases[] = {
    {"+905551234567",                                                    true },
    {"05551234567",                                                      true },
    {"+90 555 123 45 67",                                                true },
    {"+90 (212) 555-12-34",                                              true },
    {"(0212) 555 12 34",                                                 true },
    {"+(90)5551234567",                                                  true },
    {"555-1234",                                                         true },
    {"1234567",                                                          true },
    {"123456789012345",                                                  true },
    {"123456",                                                           false},
    {"1234567890123456",                                                 false},
    {"",                                                                 false},
    {"+",                                                                false},
    {"++905551234567",                                                   false},
    {"90+5551234567",                                                    false},
    {" 05551234567",                                                     false},
    {"05551234567 ",                                                     false},
    {"0555  1234567",                                                    false},
    {"0555--1234567",                                                    false},
    {"0555- 1234567",                                                    false},
    {"-5551234567",                                                      false},
    {"((0212) 5551234",                                                  false},
    {"(0212 5551234",                                                    false},
    {"0212) 5551234",                                                    false},
    {"() 5551234567",                                                    false},
    {"( 0212) 5551234",                                                  false},
    {"5551234567()",                                                     false},
    {"5551234567(1)",                                                    false},
    {"555.123.45.67",                                                    false},
    {"555 123 45 6x",                                                    false},
    {"\xD9\xA0\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4\xD9\xA5\xD9\xA6\xD9\xA7", false},
    {"0555\n1234567",                                                    false},
};

static void phone(void)
{
    for (size_t i = 0; i < COUNT(phone_cases); i++)
        CHECK_THAT(text_is_phone(phone_cases[i].s) == phone_cases[i].ok, "%s", phone_cases[i].s);
}

static void hex(void)
{
    unsigned char all[256], back[256];
    char text[513];

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    text_hex(text, all, sizeof all);
    CHECK_THAT(strncmp(text, "000102", 6) == 0 && strcmp(text + 506, "fdfeff") == 0, "%s", text);
    CHECK_THAT(text_unhex(back, 256, text) && memcmp(all, back, 256) == 0, "round trip");
    CHECK_THAT(!text_unhex(back, 255, text) && !text_unhex(back, 3, "0011"), "length");
    CHECK_THAT(text_unhex(back, 2, "aBFf") && back[0] == 0xAB && back[1] == 0xFF, "both cases");
    CHECK_THAT(text_unhex(back, 0, "") && !text_unhex(back, 0, "0"), "nothing");
    CHECK_THAT(!text_unhex(back, 1, "0g") && !text_unhex(back, 1, "g0"), "letters");
    CHECK_THAT(!text_unhex(back, 1, "0") && !text_unhex(back, 1, " 0"), "no digit");
    for (int c = -128; c < 128; c++) {
        const char *digits = "0123456789abcdefABCDEF", *at = c ? strchr(digits, c) : NULL;
        int value = at ? (int)(at - digits) : -1;
        CHECK_THAT(text_hex_digit((char)c) == (value > 15 ? value - 6 : value), "%d", c);
    }
}

static void secret(void)
{
    CHECK_THAT(text_equal_secret("abc", "abc") && text_equal_secret("", ""), "equal");
    CHECK_THAT(!text_equal_secret("abc", "abd") && !text_equal_secret("xbc", "abc"), "other");
    CHECK_THAT(!text_equal_secret("abc", "ab") && !text_equal_secret("", "a"), "shorter");
}

static void copies(void)
{
    char out[12];

    CHECK_THAT(text_fold(out, 12, "AyZ@[`{9.COM") == false, "12 bytes and NUL do not fit");
    CHECK_THAT(text_fold(out, 12, "AyZ@[`{9.CO") && strcmp(out, "ayz@[`{9.co") == 0, "%s", out);
    CHECK_THAT(text_fold(out, 12, "\xC4\xB0I") && strcmp(out, "\xC4\xB0i") == 0, "ASCII only");
    CHECK_THAT(text_fold(out, 1, "") && !text_fold(out, 0, ""), "empty");

    CHECK_THAT(text_like_escape(out, 12, "50%") && strcmp(out, "%50\\%%") == 0, "%s", out);
    CHECK_THAT(text_like_escape(out, 12, "a_b\\") && strcmp(out, "%a\\_b\\\\%") == 0, "%s", out);
    CHECK_THAT(text_like_escape(out, 3, "") && strcmp(out, "%%") == 0, "%s", out);
    CHECK_THAT(!text_like_escape(out, 2, ""), "no room");
    CHECK_THAT(text_like_escape(out, 4, "a") && !text_like_escape(out, 3, "a"), "exact room");
    CHECK_THAT(text_like_escape(out, 5, "_") && !text_like_escape(out, 4, "_"), "exact room");
}

static const struct {
    const char *before, *after; /* NULL: unchanged */
} redact_cases[] = {
    {"4111111111111111",                           "************1111"                 },
    {"pan=5555555555554444;",                      "pan=************4444;"            },
    {"4111 1111 1111 1111",                        "**** **** **** 1111"              },
    {"4111-1111-1111-1111",                        "****-****-****-1111"              },
    {"4111%201111%201111%201111",                  "****%20****%20****%201111"        },
    {"4111+1111+1111+1111",                        "****+****+****+1111"              },
    {"4111 - 1111  1111%20-1111",                  "**** - ****  ****%20-1111"        },
    {"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",            "* * * * * * * * * * * * 1 1 1 1"  },
    {"378282246310005",                            "***********0005"                  },
    {"4222222222222",                              "*********2222"                    },
    {"6304000000000000000",                        "***************0000"              },
    {"x%204111111111111111",                       "x%20************1111"             },
    {"%3D4111111111111111",                        "%3D************1111"              },
    {"%254111111111111111",                        "%25************1111"              },
    {"4111111111111111%20",                        "************1111%20"              },
    {"4111111111111111%0A",                        "************1111%0A"              },
    {"4111111111111111\xB1",                       "************1111\xB1"             },
    {"12 4111111111111111",                        "12 ************1111"              },
    {"4111111111111111 12",                        "************1111 12"              },
    {"12 4111 1111 1111 1111 7",                   "12 **** **** **** 1111 7"         },
    {"4111111111111111 5555555555554444",          "************1111 ************4444"},
    {"4111111111111111,5555555555554444",          "************1111,************4444"},
    {"a4111111111111111b",                         "a************1111b"               },
    {"",                                           NULL                               },
    {"4111111111111112",                           NULL                               }, /* Luhn fails */
    {"411111111111",                               NULL                               }, /* 12 digits */
    {"42222222222222222222",                       NULL                               }, /* 20 */
    {"4111.1111.1111.1111",                        NULL                               },
    {"4111:1111 1111 1111",                        NULL                               },
    {"2024-01-10T15:30:00Z kurus=1250",            NULL                               },
    {"%20%20%20%20%20%20%20%20%20%20%20%20%20%20", NULL                               },
    {"1 - 2 + 3 %20",                              NULL                               },
    {"\xB4\xB1\xB1",                               NULL                               },
};

static void redact(void)
{
    for (size_t i = 0; i < COUNT(redact_cases); i++) {
        char s[64];
        const char *before = redact_cases[i].before;
        const char *after = redact_cases[i].after ? redact_cases[i].after : before;
        snprintf(s, sizeof s, "%s", before);
        text_redact_digits(s);
        CHECK_THAT(strcmp(s, after) == 0, "%s -> %s", before, s);
    }
}

/* A run that overlaps a card must not hide it: 9 + 4 digits pass Luhn, and so do 16 from the 10th. */
static void redact_overlap(void)
{
    char s[] = "000000008 4111 1111 1111 1111";

    text_redact_digits(s);
    CHECK_THAT(strcmp(s, "********* **** **** **** 1111") == 0, "%s", s);
}

int main(void)
{
    RUN(utf8);
    RUN(utf8_everywhere);
    RUN(email);
    RUN(phone);
    RUN(hex);
    RUN(secret);
    RUN(copies);
    RUN(redact);
    RUN(redact_overlap);
    return test_result();
}
