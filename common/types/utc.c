#include "types/utc.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define SECOND  INT64_C(1000000) /* microseconds */
#define DAY     (86400 * SECOND)
#define LAST_US ((LAST_DAY + 1) * DAY - 1)

enum {
    LAST_DAY = 2932896,    /* 9999-12-31 */
    ISTANBUL_AHEAD = 10800 /* seconds */
};

/* A date of the proleptic Gregorian calendar, as it is written. */
struct date {
    int32_t year, month, day; /* 1.. */
};

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t month_days(int32_t year, int32_t month)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* 29 Februaries from year 1 to the end of `year`. */
static int32_t leap_years(int32_t year)
{
    return year / 4 - year / 100 + year / 400;
}

/* Days from 1970-01-01 to 1 January. */
static int32_t year_start(int32_t year)
{
    return 365 * (year - 1970) + leap_years(year - 1) - leap_years(1969);
}

static struct day day_of(struct date d)
{
    int32_t n = year_start(d.year) + d.day - 1;

    for (int32_t month = 1; month < d.month; month++)
        n += month_days(d.year, month);
    return (struct day){n};
}

static struct date date_of(struct day d)
{
    struct date date = {.month = 1};

    assert(d.n >= 0 && d.n <= LAST_DAY);
    date.year = 1970 + d.n / 366; /* never too late: few years have 366 days */
    while (year_start(date.year + 1) <= d.n)
        date.year++;
    date.day = d.n - year_start(date.year) + 1;
    while (date.day > month_days(date.year, date.month))
        date.day -= month_days(date.year, date.month++);
    return date;
}

struct utc utc_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (struct utc){now.tv_sec * SECOND + now.tv_nsec / 1000};
}

struct utc utc_add_seconds(struct utc t, int64_t s)
{
    int64_t us;

    if (__builtin_mul_overflow(s, SECOND, &us) || __builtin_add_overflow(t.us, us, &us))
        us = s < 0 ? 0 : LAST_US;
    return (struct utc){us < 0 ? 0 : us > LAST_US ? LAST_US : us};
}

int utc_cmp(struct utc a, struct utc b)
{
    return (a.us > b.us) - (a.us < b.us);
}

/* `width` digits of n, then `next`; returns where to go on. */
static char *put_number(char *to, int32_t n, int width, char next)
{
    for (int i = width - 1; i >= 0; i--, n /= 10)
        to[i] = (char)('0' + n % 10);
    to[width] = next;
    return to + width + 1;
}

/* "2024-01-10T15:30:00" and `next`; returns where to go on. By hand: it is in every log line. */
static char *moment_text(char out[UTC_TEXT], struct utc t, char next)
{
    assert(t.us >= 0 && t.us <= LAST_US);
    struct date d = date_of((struct day){(int32_t)(t.us / DAY)});
    int32_t s = (int32_t)(t.us % DAY / SECOND);

    out = put_number(out, d.year, 4, '-');
    out = put_number(out, d.month, 2, '-');
    out = put_number(out, d.day, 2, 'T');
    out = put_number(out, s / 3600, 2, ':');
    out = put_number(out, s / 60 % 60, 2, ':');
    return put_number(out, s % 60, 2, next);
}

void utc_text(char out[UTC_TEXT], struct utc t)
{
    *moment_text(out, t, 'Z') = '\0';
}

void utc_text_us(char out[UTC_TEXT], struct utc t)
{
    char *to = moment_text(out, t, '.');

    *put_number(to, (int32_t)(t.us % SECOND), 6, 'Z') = '\0';
}

/* Exactly `width` digits off the front of *s. */
static bool take_number(const char **s, int width, int32_t *out)
{
    *out = 0;
    for (; width > 0; width--, ++*s) {
        if (**s < '0' || **s > '9')
            return false;
        *out = *out * 10 + (**s - '0');
    }
    return true;
}

static bool take(const char **s, char c)
{
    if (**s != c)
        return false;
    ++*s;
    return true;
}

static bool take_day(const char **s, struct day *out)
{
    struct date d;

    if (!take_number(s, 4, &d.year) || !take(s, '-') || !take_number(s, 2, &d.month) ||
        !take(s, '-') || !take_number(s, 2, &d.day))
        return false;
    if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > month_days(d.year, d.month))
        return false;
    *out = day_of(d);
    return true;
}

bool utc_parse(struct utc *out, const char *s)
{
    struct day day;
    int32_t hour, minute, second, us = 0;

    if (!take_day(&s, &day) || !take(&s, 'T') || !take_number(&s, 2, &hour) || !take(&s, ':') ||
        !take_number(&s, 2, &minute) || !take(&s, ':') || !take_number(&s, 2, &second))
        return false;
    if (take(&s, '.') && !take_number(&s, 6, &us))
        return false;
    if (!take(&s, 'Z') || *s != '\0' || hour > 23 || minute > 59 || second > 59)
        return false;
    out->us = day.n * DAY + (hour * INT64_C(3600) + minute * INT64_C(60) + second) * SECOND + us;
    return true;
}

struct day utc_day_istanbul(struct utc t)
{
    return (struct day){(int32_t)(utc_add_seconds(t, ISTANBUL_AHEAD).us / DAY)};
}

void day_text(char out[DAY_TEXT], struct day d)
{
    struct date date = date_of(d);

    snprintf(out, DAY_TEXT, "%04d-%02d-%02d", date.year, date.month, date.day);
}

bool day_parse(struct day *out, const char *s)
{
    struct day d;

    if (!take_day(&s, &d) || *s != '\0')
        return false;
    *out = d;
    return true;
}

struct day day_add_months(struct day anchor, int32_t months)
{
    struct date d = date_of(anchor);
    int64_t month = (int64_t)d.year * 12 + d.month - 1 + months; /* since year 0 */

    if (month / 12 < 1970)
        return (struct day){0};
    if (month / 12 > 9999)
        return (struct day){LAST_DAY};
    d.year = (int32_t)(month / 12);
    d.month = (int32_t)(month % 12) + 1;
    if (d.day > month_days(d.year, d.month))
        d.day = month_days(d.year, d.month);
    return day_of(d);
}

int day_weekday(struct day d)
{
    assert(d.n >= 0 && d.n <= LAST_DAY);
    return (d.n + 3) % 7 + 1; /* 1970-01-01 was a Thursday */
}
