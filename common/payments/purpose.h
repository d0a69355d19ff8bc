#ifndef PAYMENTS_PURPOSE_H
#define PAYMENTS_PURPOSE_H
#include "payments/payments.h"

/*
 * What an attempt's money is for. The core knows no purpose by name: each door (an order, an agency's
 * charge, a subscription's period, a hosted checkout) is one row in purpose.c. All functions run
 * inside the core's transaction and touch the database only.
 */

/* What the subject made of the money. */
struct paid_effect {
    bool pays;        /* this attempt is the one that pays it */
    const char *flag; /* for a person: "duplicate_payment", "paid_late"; NULL = none */
};

struct purpose {
    const char *name; /* as in attempts.purpose */
    /* Locks the subject's row: always before the attempt's. */
    enum err (*lock)(struct db *db, const struct attempt *a);
    enum err (*paid)(struct db *db, const struct attempt *a, struct utc now,
                     struct paid_effect *out);
    enum err (*declined)(struct db *db, const struct attempt *a, struct utc now);
    /* Fills in what a provider wants to be told when asked or started. */
    enum err (*describe)(struct db *db, const struct attempt *a, struct provider_payment *out);
};

/* Aborts on an unknown name: the schema has a CHECK. */
const struct purpose *purpose_of(const struct attempt *a);

#endif
