#include "types/money.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { WHOLE = 10000 /* 100 %, in basis points */ };

/* Wide enough for any amount times any amount. */
typedef __int128 wide;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool money_add(struct money *out, struct money a, struct money b)
{
    return !__builtin_add_overflow(a.kurus, b.kurus, &out->kurus);
}

bool money_sub(struct money *out, struct money a, struct money b)
{
    return !__builtin_sub_overflow(a.kurus, b.kurus, &out->kurus);
}

bool money_mul(struct money *out, struct money a, int64_t n)
{
    return !__builtin_mul_overflow(a.kurus, n, &out->kurus);
}

int money_cmp(struct money a, struct money b)
{
    return (a.kurus > b.kurus) - (a.kurus < b.kurus);
}

bool money_parse(struct money *out, const char *s)
{
    int64_t lira = 0;
    int digits = 0, kurus = 0;

    for (; is_digit(*s) && digits <= 9; s++, digits++)
        lira = lira * 10 + (*s - '0');
    if (digits < 1 || digits > 9)
        return false;
    if (*s == '.') {
        if (!is_digit(s[1]))
            return false;
        kurus = (s[1] - '0') * 10;
        s += 2;
        if (is_digit(*s))
            kurus += *s++ - '0';
    }
    if (*s != '\0')
        return false;
    out->kurus = lira * 100 + kurus;
    return true;
}

void money_text(char out[MONEY_TEXT], struct money m)
{
    bool negative = m.kurus < 0;
    uint64_t kurus = negative ? -(uint64_t)m.kurus : (uint64_t)m.kurus;

    snprintf(out, MONEY_TEXT, "%s%" PRIu64 ".%02" PRIu64, negative ? "-" : "", kurus / 100,
             kurus % 100);
}

/* amount * num / den, half up; num <= den, so the result fits. */
static struct money fraction(struct money amount, int64_t num, int64_t den)
{
    assert(amount.kurus >= 0 && num >= 0 && num <= den);
    return KURUS((int64_t)(((wide)amount.kurus * num * 2 + den) / ((wide)den * 2)));
}

struct money money_share(struct money m, struct bps rate)
{
    return fraction(m, rate.v, WHOLE);
}

struct money money_tax_inside(struct money gross, struct bps rate)
{
    assert(rate.v <= WHOLE);
    return fraction(gross, rate.v, (int64_t)WHOLE + rate.v);
}

/* What part i is due of m, times `total`. */
static wide due(struct money m, const struct money *weights, wide total, size_t i)
{
    return m.kurus * (total > 0 ? (wide)weights[i].kurus : 1);
}

void money_split(struct money m, const struct money *weights, struct money *parts, size_t n)
{
    wide total = 0;
    int64_t left = m.kurus;

    assert(n > 0 && m.kurus >= 0);
    for (size_t i = 0; i < n; i++) {
        assert(weights[i].kurus >= 0);
        total += weights[i].kurus;
    }
    wide whole = total > 0 ? total : (wide)n;
    for (size_t i = 0; i < n; i++) {
        parts[i].kurus = (int64_t)(due(m, weights, total, i) / whole);
        left -= parts[i].kurus;
    }
    for (; left > 0; left--) { /* fewer rounds than parts */
        size_t best = n;
        wide best_rest = -1;
        for (size_t i = 0; i < n; i++) { /* who had a kuruş already is below zero */
            wide rest = due(m, weights, total, i) - parts[i].kurus * whole;
            if (rest > best_rest) {
                best = i;
                best_rest = rest;
            }
        }
        parts[best].kurus++;
    }
}

bool bps_parse(struct bps *out, const char *s)
{
    struct money percent; /* of the same form: 1/100 % instead of 1/100 TRY */

    if (!money_parse(&percent, s) || percent.kurus > WHOLE)
        return false;
    out->v = (int32_t)percent.kurus;
    return true;
}

void bps_text(char out[MONEY_TEXT], struct bps r)
{
    money_text(out, KURUS(r.v));
}
