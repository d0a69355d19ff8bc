#ifndef TYPES_MONEY_H
#define TYPES_MONEY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An amount of Turkish lira, in kuruş (1/100 TRY). */
struct money {
    int64_t kurus;
};

#define KURUS(n) ((struct money){(n)})

/* A rate in basis points (1/100 %): KDV, discounts. 0..10000. */
struct bps {
    int32_t v;
};

enum { MONEY_TEXT = 24 }; /* room for any amount as text, NUL included */

/* False: overflow; `out` is then undefined. */
[[nodiscard]] bool money_add(struct money *out, struct money a, struct money b);
[[nodiscard]] bool money_sub(struct money *out, struct money a, struct money b);
[[nodiscard]] bool money_mul(struct money *out, struct money a, int64_t n);

int money_cmp(struct money a, struct money b); /* -1, 0, 1 */

/*
 * money_parse - an amount as a request gives it: exactly ^\d{1,9}(\.\d{1,2})?$
 *
 * "12.50" "12.5" "7" "0"; not "-1" "1e3" "1.005" "1,50" " 1" "1." ".5". Same for JSON numbers (their
 * own text) and strings: contract section 3. Zero passes: whether it may be is for the caller.
 * False leaves `out` alone.
 */
[[nodiscard]] bool money_parse(struct money *out, const char *s);

void money_text(char out[MONEY_TEXT], struct money m); /* "12.50", "0.05", "-3.00" */

/* `rate` of m (m >= 0); half a kuruş rounds up. */
struct money money_share(struct money m, struct bps rate);

/* The KDV contained in an amount that includes it: gross * rate / (100 % + rate), gross >= 0;
   half a kuruş rounds up. */
struct money money_tax_inside(struct money gross, struct bps rate);

/*
 * money_split - spread m over n parts in proportion to weights
 *
 *   m, weights[i]  >= 0; if all weights are 0 the parts are equal
 *   n              >= 1, some hundred at most (time grows with its square)
 *   parts          filled; must not overlap `weights`
 *
 * The parts add up to m exactly. What rounding down leaves over goes, one kuruş each, to the
 * largest remainders, the first of equals. A part of weight 0 gets nothing; while m is not above
 * the sum of weights, no part is above its weight (a discount never exceeds its line).
 */
void money_split(struct money m, const struct money *weights, struct money *parts, size_t n);

/* A percentage, "20" "20.5" "0.75", 0 to 100.00, form as in money_parse(). False leaves out alone. */
[[nodiscard]] bool bps_parse(struct bps *out, const char *s);
void bps_text(char out[MONEY_TEXT], struct bps r); /* always two decimals: "20.00" */
#endif
