#include "types/utc.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "test.h"

enum { LAST_DAY = 2932896 };

/* From Python: (datetime(...) - datetime(1970, 1, 1)) // timedelta(microseconds=1) */
static const struct {
    const char *text;
    int64_t us;
} moments[] = {
    {"1970-01-01T00:00:00.000000Z", 0                 },
    {"1970-01-01T00:00:00.000001Z", 1                 },
    {"2000-02-29T23:59:59.999999Z", 951868799999999   },
    {"2024-01-10T15:30:00.123456Z", 1704900600123456  },
    {"2024-02-29T12:00:00.500000Z", 1709208000500000  },
    {"2038-01-19T03:14:08.000000Z", 2147483648000000  },
    {"2100-03-01T00:00:00.000000Z", 4107542400000000  },
    {"9999-12-31T23:59:59.999999Z", 253402300799999999},
};

static void moment(void)
{
    for (size_t i = 0; i < COUNT(moments); i++) {
        struct utc t = {-1};
        char text[UTC_TEXT], whole[UTC_TEXT];
        CHECK_THAT(utc_parse(&t, moments[i].text) && t.us == moments[i].us, "%s: %" PRId64,
                   moments[i].text, t.us);
        utc_text_us(text, t);
        CHECK_THAT(strcmp(text, moments[i].text) == 0, "%s", text);
        utc_text(whole, t);
        CHECK_THAT(strlen(whole) == 20 && strncmp(whole, text, 19) == 0 && whole[19] == 'Z', "%s",
                   whole);
        CHECK_THAT(utc_parse(&t, whole) && t.us == moments[i].us / 1000000 * 1000000, "%s", whole);
    }
}

static const char *const bad_moments[] = {
    "",
    "2024-01-10",
    "2024-01-10T15:30:00",
    "2024-01-10T15:30:00z",
    "2024-01-10t15:30:00Z",
    "2024-01-10 15:30:00Z",
    "2024-01-10T15:30Z",
    "2024-01-10T15:30:00+03:00",
    "2024-01-10T15:30:00.Z",
    "2024-01-10T15:30:00.123Z",
    "2024-01-10T15:30:00.1234567Z",
    "2024-01-10T15:30:00,123456Z",
    "2024-01-10T15:30:00Z ",
    " 2024-01-10T15:30:00Z",
    "2024-01-10T24:00:00Z",
    "2024-01-10T23:60:00Z",
    "2024-01-10T23:59:60Z",
    "2024-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2024-1-10T15:30:00Z",
    "2024-01-10T-1:30:00Z",
    "2024-01-10T+1:30:00Z",
};

static void moment_refused(void)
{
    for (size_t i = 0; i < COUNT(bad_moments); i++) {
        struct utc t = {-7};
        CHECK_THAT(!utc_parse(&t, bad_moments[i]) && t.us == -7, "%s", bad_moments[i]);
    }
}

static const struct {
    const char *text;
    int32_t n; /* -1: refused */
} days[] = {
    {"1970-01-01",  0       },
    {"1970-12-31",  364     },
    {"2000-02-29",  11016   },
    {"2024-02-29",  19782   },
    {"2024-12-31",  20088   },
    {"2100-02-28",  47540   },
    {"9999-12-31",  LAST_DAY},
    {"2100-02-29",  -1      },
    {"1900-01-01",  -1      },
    {"1969-12-31",  -1      },
    {"0000-00-00",  -1      },
    {"2024-00-10",  -1      },
    {"2024-13-10",  -1      },
    {"2024-01-00",  -1      },
    {"2024-01-32",  -1      },
    {"2024-02-31",  -1      },
    {"2024-04-31",  -1      },
    {"2024-4-1",    -1      },
    {"24-04-01",    -1      },
    {"2024/04/01",  -1      },
    {"20240401",    -1      },
    {"2024-04-01 ", -1      },
    {"2024-04-01T", -1      },
    {"+024-04-01",  -1      },
    {"10000-01-01", -1      },
    {"",            -1      },
};

static void day(void)
{
    for (size_t i = 0; i < COUNT(days); i++) {
        struct day d = {-1};
        char text[DAY_TEXT];
        CHECK_THAT(day_parse(&d, days[i].text) == (days[i].n >= 0), "%s", days[i].text);
        CHECK_THAT(d.n == days[i].n, "%s: %d", days[i].text, d.n);
        if (d.n < 0)
            continue;
        day_text(text, d);
        CHECK_THAT(strcmp(text, days[i].text) == 0, "%s", text);
    }
}

/* Every day of 8030 years against the C library: text, way back, day of the week. */
static void day_everywhere(void)
{
    for (int32_t n = 0; n <= LAST_DAY; n++) {
        time_t seconds = (time_t)n * 86400;
        struct tm tm;
        struct day back;
        char want[DAY_TEXT], text[DAY_TEXT];
        gmtime_r(&seconds, &tm);
        strftime(want, sizeof want, "%Y-%m-%d", &tm);
        day_text(text, (struct day){n});
        bool right = strcmp(text, want) == 0 && day_parse(&back, want) && back.n == n &&
                     day_weekday((struct day){n}) % 7 == tm.tm_wday;
        if (!right || n % 100 == 0)
            CHECK_THAT(right, "day %d: %s, not %s", n, text, want);
    }
}

static const struct {
    const char *anchor;
    int32_t months;
    const char *result;
} month_cases[] = {
    {"2024-01-31", 1,         "2024-02-29"},
    {"2023-01-31", 1,         "2023-02-28"},
    {"2023-01-31", 2,         "2023-03-31"},
    {"2023-01-31", 3,         "2023-04-30"},
    {"2024-02-29", 12,        "2025-02-28"},
    {"2024-02-29", 48,        "2028-02-29"},
    {"2024-12-15", 1,         "2025-01-15"},
    {"2024-12-15", 0,         "2024-12-15"},
    {"2024-01-15", -1,        "2023-12-15"},
    {"2024-03-31", -1,        "2024-02-29"},
    {"2024-01-10", 1200,      "2124-01-10"},
    {"2000-01-31", 1201,      "2100-02-28"},
    {"1970-01-20", -1,        "1970-01-01"},
    {"9999-12-05", 1,         "9999-12-31"},
    {"2024-01-10", INT32_MAX, "9999-12-31"},
    {"2024-01-10", INT32_MIN, "1970-01-01"},
};

static void months(void)
{
    for (size_t i = 0; i < COUNT(month_cases); i++) {
        struct day d;
        char text[DAY_TEXT];
        CHECK_THAT(day_parse(&d, month_cases[i].anchor), "%s", month_cases[i].anchor);
        day_text(text, day_add_months(d, month_cases[i].months));
        CHECK_THAT(strcmp(text, month_cases[i].result) == 0, "%s + %d: %s", month_cases[i].anchor,
                   month_cases[i].months, text);
    }
}

static const struct {
    const char *moment, *day;
} istanbul_cases[] = {
    {"2024-01-10T20:59:59.999999Z", "2024-01-10"},
    {"2024-01-10T21:00:00Z",        "2024-01-11"},
    {"2024-07-10T20:59:59Z",        "2024-07-10"}, /* no summer time */
    {"2024-12-31T21:00:00Z",        "2025-01-01"},
    {"2024-02-28T22:00:00Z",        "2024-02-29"},
    {"1970-01-01T00:00:00Z",        "1970-01-01"},
    {"9999-12-31T23:00:00Z",        "9999-12-31"},
};

static void istanbul(void)
{
    for (size_t i = 0; i < COUNT(istanbul_cases); i++) {
        struct utc t;
        char text[DAY_TEXT];
        CHECK_THAT(utc_parse(&t, istanbul_cases[i].moment), "%s", istanbul_cases[i].moment);
        day_text(text, utc_day_istanbul(t));
        CHECK_THAT(strcmp(text, istanbul_cases[i].day) == 0, "%s: %s", istanbul_cases[i].moment,
                   text);
    }
}

static void arithmetic(void)
{
    struct utc t = {1704900600123456}, first = {0}, last = {253402300799999999};

    CHECK_THAT(utc_add_seconds(t, 60).us == t.us + 60000000, "later");
    CHECK_THAT(utc_add_seconds(t, -60).us == t.us - 60000000, "earlier");
    CHECK_THAT(utc_add_seconds(first, -1).us == 0, "stops at the first");
    CHECK_THAT(utc_add_seconds(last, 1).us == last.us, "stops at the last");
    CHECK_THAT(utc_add_seconds(t, INT64_MAX).us == last.us, "stops at the last");
    CHECK_THAT(utc_add_seconds(t, INT64_MIN).us == 0, "stops at the first");
    CHECK_THAT(utc_cmp(first, last) == -1 && utc_cmp(last, first) == 1 && utc_cmp(t, t) == 0,
               "order");
}

static void now(void)
{
    int64_t seconds = (int64_t)time(NULL);
    int64_t diff = utc_now().us / 1000000 - seconds;

    CHECK_THAT(diff >= -1 && diff <= 5, "%" PRId64, diff);
}

int main(void)
{
    RUN(moment);
    RUN(moment_refused);
    RUN(day);
    RUN(day_everywhere);
    RUN(months);
    RUN(istanbul);
    RUN(arithmetic);
    RUN(now);
    return test_result();
}
