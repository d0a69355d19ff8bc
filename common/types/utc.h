#ifndef TYPES_UTC_H
#define TYPES_UTC_H
#include <stdbool.h>
#include <stdint.h>

/*
 * Moments and calendar days of the years 1970 to 9999. Arithmetic that would leave them stops at
 * their first or last value; handing a text function a value outside them is our bug and aborts.
 * No time zone data of the host is used: it may be missing.
 */

/* A moment, microseconds since 1970-01-01T00:00:00Z. */
struct utc {
    int64_t us;
};

/* A calendar day without zone, days since 1970-01-01. */
struct day {
    int32_t n;
};

enum {
    UTC_TEXT = 32, /* room for a moment as text, NUL included */
    DAY_TEXT = 16, /* for a day */
};

/* The clock. Asked once per request or job (ctx->now) and handed down. */
struct utc utc_now(void);

struct utc utc_add_seconds(struct utc t, int64_t s); /* s of any sign */
int utc_cmp(struct utc a, struct utc b);             /* -1, 0, 1 */

void utc_text(char out[UTC_TEXT], struct utc t);    /* 2024-01-10T15:30:00Z, not rounded */
void utc_text_us(char out[UTC_TEXT], struct utc t); /* 2024-01-10T15:30:00.123456Z */

/* Both forms above and no other (contract section 3); a real date, 00:00:00 to 23:59:59. False
   leaves `out` alone. */
[[nodiscard]] bool utc_parse(struct utc *out, const char *s);

/* The day it is in Istanbul at this moment: +03:00 all year, as by law since 2016; earlier moments
   are read the same way. */
struct day utc_day_istanbul(struct utc t);

void day_text(char out[DAY_TEXT], struct day d);              /* 2024-01-10 */
[[nodiscard]] bool day_parse(struct day *out, const char *s); /* the same, a real date */

/*
 * The day `months` (any sign) months after `anchor`, clipped to the end of its month: 31 January
 * + 1 is 28 or 29 February. Count from the first day of a series, not from the last result, or a
 * renewal on the 31st drifts to the 28th.
 */
struct day day_add_months(struct day anchor, int32_t months);

int day_weekday(struct day d); /* 1 Monday .. 7 Sunday */
#endif
