// needs: common/types/money.c
// Amounts and percentages: what is read is written back and read again as the same; shares, taxes
// and parts keep their promises for any amount.
#include "fuzz.h"
#include "types/money.h"

enum { PARTS = 4 };

static void percent(const char *text, struct money m)
{
    struct bps rate, again;
    char back[MONEY_TEXT];

    if (!bps_parse(&rate, text))
        rate.v = (int32_t)(m.kurus % 10001);
    HOLDS(rate.v >= 0 && rate.v <= 10000);
    bps_text(back, rate);
    HOLDS(bps_parse(&again, back) && again.v == rate.v);
    HOLDS(money_cmp(money_tax_inside(m, rate), money_share(m, rate)) <= 0);
    HOLDS(money_cmp(money_share(m, rate), m) <= 0);
}

static void split(struct money m, const char *text, size_t len)
{
    struct money weights[PARTS], parts[PARTS], sum = KURUS(0);

    for (size_t i = 0; i < PARTS; i++)
        weights[i] = KURUS(i < len ? (unsigned char)text[i] : 0);
    money_split(m, weights, parts, PARTS);
    for (size_t i = 0; i < PARTS; i++)
        HOLDS(parts[i].kurus >= 0 && money_add(&sum, sum, parts[i]));
    HOLDS(money_cmp(sum, m) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = fuzz_text(data, size), back[MONEY_TEXT];
    struct money m = KURUS(-1), again;

    if (money_parse(&m, text)) {
        HOLDS(strlen(text) <= 12 && strspn(text, "0123456789.") == strlen(text));
        money_text(back, m);
        HOLDS(money_parse(&again, back) && money_cmp(m, again) == 0);
        percent(text, m);
        split(m, text, strlen(text));
    } else {
        HOLDS(m.kurus == -1);
    }
    if (size >= sizeof m.kurus) {
        memcpy(&m.kurus, data, sizeof m.kurus);
        money_text(back, m);
        HOLDS(strlen(back) < MONEY_TEXT);
        m.kurus &= INT64_MAX;
        percent(text, m);
        split(m, text, size);
    }
    free(text);
    return 0;
}
