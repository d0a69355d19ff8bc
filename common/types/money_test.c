#include "types/money.h"

#include <inttypes.h>
#include <string.h>

#include "test.h"

static const struct {
    const char *text;
    bool ok;
    int64_t kurus;
} parse_cases[] = {
    {"12.50",                true,  1250       },
    {"12.5",                 true,  1250       },
    {"7",                    true,  700        },
    {"0",                    true,  0          },
    {"0.00",                 true,  0          },
    {"0.01",                 true,  1          },
    {"0.1",                  true,  10         },
    {"007",                  true,  700        },
    {"999999999.99",         true,  99999999999},
    {"999999999",            true,  99999999900},
    {"1000000000",           false, 0          },
    {"0000000001",           false, 0          },
    {"92233720368547758.08", false, 0          },
    {"12.505",               false, 0          },
    {"12.",                  false, 0          },
    {".5",                   false, 0          },
    {".",                    false, 0          },
    {"",                     false, 0          },
    {"-1",                   false, 0          },
    {"-1.00",                false, 0          },
    {"+1",                   false, 0          },
    {"1e2",                  false, 0          },
    {"1,50",                 false, 0          },
    {" 1",                   false, 0          },
    {"1 ",                   false, 0          },
    {"1\n",                  false, 0          },
    {"1.5 ",                 false, 0          },
    {"1..5",                 false, 0          },
    {"1.5.5",                false, 0          },
    {"0x10",                 false, 0          },
    {"1.a",                  false, 0          },
    {"1_000",                false, 0          },
    {"NaN",                  false, 0          },
    {"\xD9\xA1\xD9\xA2",     false, 0          }, /* Arabic digits */
};

static void parse(void)
{
    for (size_t i = 0; i < COUNT(parse_cases); i++) {
        struct money m = KURUS(-77);
        const char *text = parse_cases[i].text;
        CHECK_THAT(money_parse(&m, text) == parse_cases[i].ok, "%s", text);
        CHECK_THAT(m.kurus == (parse_cases[i].ok ? parse_cases[i].kurus : -77), "%s", text);
    }
}

static const struct {
    int64_t kurus;
    const char *text;
} text_cases[] = {
    {0,                "0.00"                 },
    {5,                "0.05"                 },
    {1250,             "12.50"                },
    {-300,             "-3.00"                },
    {-1,               "-0.01"                },
    {INT64_C(1) << 53, "90071992547409.92"    },
    {INT64_MAX,        "92233720368547758.07" },
    {INT64_MIN,        "-92233720368547758.08"},
};

static void text(void)
{
    for (size_t i = 0; i < COUNT(text_cases); i++) {
        char out[MONEY_TEXT];
        money_text(out, KURUS(text_cases[i].kurus));
        CHECK_THAT(strcmp(out, text_cases[i].text) == 0, "%s", out);
    }
}

static void arithmetic(void)
{
    struct money m;

    CHECK_THAT(money_add(&m, KURUS(150), KURUS(275)) && m.kurus == 425, "%" PRId64, m.kurus);
    CHECK_THAT(money_sub(&m, KURUS(150), KURUS(275)) && m.kurus == -125, "%" PRId64, m.kurus);
    CHECK_THAT(money_mul(&m, KURUS(150), 3) && m.kurus == 450, "%" PRId64, m.kurus);
    CHECK_THAT(money_mul(&m, KURUS(150), -3) && m.kurus == -450, "%" PRId64, m.kurus);
    CHECK_THAT(!money_add(&m, KURUS(INT64_MAX), KURUS(1)), "max + 1");
    CHECK_THAT(!money_add(&m, KURUS(INT64_MIN), KURUS(-1)), "min - 1");
    CHECK_THAT(!money_sub(&m, KURUS(INT64_MIN), KURUS(1)), "min - 1");
    CHECK_THAT(!money_mul(&m, KURUS(INT64_MAX / 2 + 1), 2), "over max");
    CHECK_THAT(!money_mul(&m, KURUS(INT64_MIN), -1), "-min");
    CHECK_THAT(money_cmp(KURUS(1), KURUS(2)) == -1, "less");
    CHECK_THAT(money_cmp(KURUS(2), KURUS(2)) == 0, "equal");
    CHECK_THAT(money_cmp(KURUS(INT64_MAX), KURUS(INT64_MIN)) == 1, "more");
}

/* share = m * bps / 10000; inside = m * bps / (10000 + bps); both half up. */
static const struct {
    int64_t kurus;
    int32_t bps;
    int64_t share, inside;
} rate_cases[] = {
    {10000,     2000,  2000,      1667              },
    {12000,     2000,  2400,      2000              },
    {11800,     1800,  2124,      1800              },
    {101,       100,   1,         1                 },
    {49,        100,   0,         0                 },
    {50,        100,   1,         0                 }, /* 0.5 up; 0.495 down */
    {149,       100,   1,         1                 },
    {150,       100,   2,         1                 },
    {1,         5000,  1,         0                 },
    {3,         5000,  2,         1                 },
    {3,         10000, 3,         2                 },
    {1,         10000, 1,         1                 },
    {999,       0,     0,         0                 },
    {0,         2000,  0,         0                 },
    {33333,     1,     3,         3                 },
    {50000,     1,     5,         5                 },
    {INT64_MAX, 10000, INT64_MAX, (INT64_C(1) << 62)},
};

static void rates(void)
{
    for (size_t i = 0; i < COUNT(rate_cases); i++) {
        struct money m = KURUS(rate_cases[i].kurus);
        struct bps rate = {rate_cases[i].bps};
        CHECK_THAT(money_share(m, rate).kurus == rate_cases[i].share, "%zu: %" PRId64, i,
                   money_share(m, rate).kurus);
        CHECK_THAT(money_tax_inside(m, rate).kurus == rate_cases[i].inside, "%zu: %" PRId64, i,
                   money_tax_inside(m, rate).kurus);
    }
}

enum { PARTS = 6, SMALL_CASES = 5 * 5 * 5 * 5 * 40 /* four weights, one amount */ };

static const struct {
    int64_t kurus;
    size_t n;
    int64_t weights[PARTS], parts[PARTS];
} split_cases[] = {
    {100,       1, {5},                    {100}                                       },
    {100,       3, {1, 1, 1},              {34, 33, 33}                                },
    {100,       3, {0, 0, 0},              {34, 33, 33}                                },
    {200,       3, {0, 0, 0},              {67, 67, 66}                                },
    {101,       3, {0, 1, 1},              {0, 51, 50}                                 },
    {10,        4, {1, 2, 3, 4},           {1, 2, 3, 4}                                },
    {7,         4, {1, 2, 3, 4},           {1, 1, 2, 3}                                }, /* 0.7 1.4 2.1 2.8: to .8 and .7 */
    {1,         3, {10, 30, 20},           {0, 1, 0}                                   },
    {2,         3, {10, 30, 20},           {0, 1, 1}                                   }, /* 0.33 1.00 0.67 */
    {0,         2, {3, 4},                 {0, 0}                                      },
    {3,         6, {0, 0, 0, 0, 0, 0},     {1, 1, 1, 0, 0, 0}                          },
    {INT64_MAX, 2, {INT64_MAX, INT64_MAX}, {(INT64_C(1) << 62), (INT64_C(1) << 62) - 1}},
};

static void split(void)
{
    for (size_t i = 0; i < COUNT(split_cases); i++) {
        struct money weights[PARTS], parts[PARTS];
        for (size_t k = 0; k < PARTS; k++)
            weights[k] = KURUS(split_cases[i].weights[k]);
        money_split(KURUS(split_cases[i].kurus), weights, parts, split_cases[i].n);
        for (size_t k = 0; k < split_cases[i].n; k++)
            CHECK_THAT(parts[k].kurus == split_cases[i].parts[k], "case %zu part %zu: %" PRId64, i,
                       k, parts[k].kurus);
    }
}

/* Every small case: the sum is right, no part is more than one kuruş from its share, none above
   its weight while there is enough, and equal weights differ by one at most. */
static void split_everywhere(void)
{
    for (int64_t code = 0; code < SMALL_CASES; code++) {
        struct money weights[4], parts[4];
        int64_t rest = code, total = 0, sum = 0;
        for (size_t k = 0; k < 4; k++, rest /= 5) {
            weights[k] = KURUS(rest % 5 * 3);
            total += weights[k].kurus;
        }
        money_split(KURUS(rest), weights, parts, 4);
        bool near = true, covered = true;
        for (size_t k = 0; k < 4; k++) {
            int64_t off = parts[k].kurus * total - rest * weights[k].kurus;
            near &= total == 0 || (off < total && -off < total);
            covered &= rest > total || parts[k].kurus <= weights[k].kurus;
            sum += parts[k].kurus;
        }
        CHECK_THAT(sum == rest && near && covered, "code %" PRId64 ": %" PRId64 " %" PRId64, code,
                   rest, sum);
    }
}

static const struct {
    const char *text;
    int32_t bps; /* -1: refused */
    const char *back;
} bps_cases[] = {
    {"20",     2000,  "20.00" },
    {"20.5",   2050,  "20.50" },
    {"0.75",   75,    "0.75"  },
    {"0",      0,     "0.00"  },
    {"100",    10000, "100.00"},
    {"100.00", 10000, "100.00"},
    {"100.01", -1,    ""      },
    {"101",    -1,    ""      },
    {"-1",     -1,    ""      },
    {"20%",    -1,    ""      },
    {"",       -1,    ""      },
    {"1.005",  -1,    ""      },
};

static void percent(void)
{
    for (size_t i = 0; i < COUNT(bps_cases); i++) {
        struct bps r = {-1};
        char back[MONEY_TEXT];
        CHECK_THAT(bps_parse(&r, bps_cases[i].text) == (bps_cases[i].bps >= 0), "%s",
                   bps_cases[i].text);
        CHECK_THAT(r.v == bps_cases[i].bps, "%s: %d", bps_cases[i].text, r.v);
        if (r.v < 0)
            continue;
        bps_text(back, r);
        CHECK_THAT(strcmp(back, bps_cases[i].back) == 0, "%s", back);
    }
}

int main(void)
{
    RUN(parse);
    RUN(text);
    RUN(arithmetic);
    RUN(rates);
    RUN(split);
    RUN(split_everywhere);
    RUN(percent);
    return test_result();
}
