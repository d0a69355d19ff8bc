// needs: common/types/utc.c
// Moments and days: only their own text is read; months lead back within the same month.
#include "fuzz.h"
#include "types/utc.h"

static void check_day(struct day d, int32_t months)
{
    char text[DAY_TEXT];
    struct day again, later = day_add_months(d, months);

    day_text(text, d);
    HOLDS(day_parse(&again, text) && again.n == d.n);
    day_text(text, later);
    HOLDS(day_parse(&again, text) && again.n == later.n);
    HOLDS(months < 0 ? later.n <= d.n : later.n >= d.n);
    HOLDS(day_weekday(d) >= 1 && day_weekday(d) <= 7);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = fuzz_text(data, size), back[UTC_TEXT];
    struct utc t = {-1}, again;
    struct day d = {-1};
    int32_t months = size > 1 ? (data[size - 1] - 128) * 256 + data[size - 2] : 0;

    if (utc_parse(&t, text)) {
        if (strlen(text) == 20)
            utc_text(back, t);
        else
            utc_text_us(back, t);
        HOLDS(strcmp(text, back) == 0);
        check_day(utc_day_istanbul(t), months);
        int order = utc_cmp(utc_add_seconds(t, months), t); /* equal at both ends of time */
        HOLDS(months < 0 ? order <= 0 : order >= 0);
    }
    if (day_parse(&d, text)) {
        day_text(back, d);
        HOLDS(strcmp(text, back) == 0);
        check_day(d, months);
    }
    if (size >= sizeof t.us) {
        memcpy(&t.us, data, sizeof t.us);
        t = utc_add_seconds((struct utc){0}, t.us / 1000);
        utc_text_us(back, t);
        HOLDS(utc_parse(&again, back) && again.us / 1000000 == t.us / 1000000);
        check_day(utc_day_istanbul(t), months);
    }
    free(text);
    return 0;
}
