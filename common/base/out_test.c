#include "base/out.h"

#include <stdint.h>
#include <string.h>

#include "test.h"

static void numbers(void)
{
    static const struct {
        int64_t n;
        const char *text;
    } cases[] = {
        {0,         "0"                   },
        {7,         "7"                   },
        {-10,       "-10"                 },
        {INT64_MAX, "9223372036854775807" },
        {INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[32];
        struct out o = {room, 0, sizeof(room)};
        out_number(&o, cases[i].n);
        CHECK_THAT(o.len == strlen(cases[i].text) && memcmp(room, cases[i].text, o.len) == 0, "%s",
                   cases[i].text);
    }
}

static void what_does_not_fit_is_cut(void)
{
    char room[6] = "......";
    struct out o = {room, 0, 5};

    out_text(&o, "abc");
    out_text(&o, "defg");
    out_text(&o, "h");
    CHECK_THAT(o.len == 5 && memcmp(room, "abcde.", 6) == 0, "%.6s", room);
}

int main(void)
{
    RUN(numbers);
    RUN(what_does_not_fit_is_cut);
    return test_result();
}
