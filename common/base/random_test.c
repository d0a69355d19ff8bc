#include <string.h>

#include "base/crypto.h"
#include "test.h"

static void below_is_even(void)
{
    enum { N = 7, DRAWS = 70000 };
    unsigned seen[N] = {0};

    for (int i = 0; i < DRAWS; i++) {
        uint32_t r = random_below(N);
        if (r < N)
            seen[r]++;
    }
    unsigned sum = 0;
    for (int i = 0; i < N; i++) {
        sum += seen[i];
        CHECK_THAT(seen[i] > 9400 && seen[i] < 10600, "%d: %u of 10000", i, seen[i]);
    }
    CHECK_THAT(sum == DRAWS, "%u", sum);
    CHECK_THAT(random_below(1) == 0, "one choice");
}

static void text_has_length_and_letters(void)
{
    char text[41];
    bool seen[256] = {false};

    for (int i = 0; i < 200; i++) {
        memset(text, '!', sizeof(text));
        random_text(text, 40, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789");
        CHECK_THAT(strlen(text) == 40, "%s", text);
        CHECK_THAT(strspn(text, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") == 40, "%s", text);
        for (const char *p = text; *p != '\0'; p++)
            seen[(unsigned char)*p] = true;
    }
    for (const char *p = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; *p != '\0'; p++)
        CHECK_THAT(seen[(unsigned char)*p], "%c never came", *p);
    random_text(text, 0, "A");
    CHECK_THAT(text[0] == '\0', "no letters");
}

static void bytes_differ(void)
{
    uint8_t a[32] = {0}, b[32] = {0};

    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    CHECK_THAT(memcmp(a, b, sizeof(a)) != 0, "twice the same");
}

int main(void)
{
    RUN(below_is_even);
    RUN(text_has_length_and_letters);
    RUN(bytes_differ);
    return test_result();
}
