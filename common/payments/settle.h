#ifndef PAYMENTS_SETTLE_H
#define PAYMENTS_SETTLE_H
#include "payments/payments.h"

/*
 * What to do with news about an attempt: a pure function, so that every case stands in a table
 * (settle_test.c). Rules: contract section 7.
 */
enum settlement {
    SETTLE_KEEP,    /* nothing changes: a repeat, or no news */
    SETTLE_WAITING, /* the provider has it; payment_url and provider_ref may be new */
    SETTLE_UNKNOWN, /* ask again later */
    SETTLE_PAID,    /* the money is there */
    SETTLE_LATE,    /* the money is there after a decline or a void: kept, and flagged */
    SETTLE_DECLINED,
    SETTLE_VOID,
    SETTLE_MISMATCH, /* the provider's payment is not ours: never paid, flagged */
    SETTLE_GIVE_UP,  /* asked long enough: a person must look */
};
extern const char *const settlement_names[];

struct settle_rules {
    int64_t void_after_s; /* "not found" counts after so long */
};

enum settlement settle(const struct attempt *a, const struct news *news, enum news_source source,
                       struct utc now, const struct settle_rules *rules);

/* Why it is not our payment: a stable word, or NULL when all that is told fits. */
const char *news_mismatch(const struct attempt *a, const struct news *news);

/* When to ask next, after `asks` times: 1, 5, 15 minutes, 1 hour, then daily (us 0: no more). */
struct utc next_ask(struct utc now, int64_t asks);

#endif
