#ifndef PAYMENTS_RECONCILE_H
#define PAYMENTS_RECONCILE_H
#include "run/process.h"

/*
 * The resolver: asks providers about attempts whose outcome is open and whose time has come, applies
 * notices that were stored but not handled, and counts what a person must see.
 */
struct reconcile_counts {
    int64_t asked, paid, declined, still_open,
        failed;      /* attempts; failed: could not be asked, or notice not applied */
    int64_t notices; /* applied */
    int64_t flagged, newly_flagged; /* for a person: in all, by this run */
};

/* One line an attempt goes to `say` (NULL: nobody). Stops early when job_should_stop(). E_DB_*. */
enum err reconcile(struct process *p, int64_t limit, void (*say)(const char *line),
                   struct reconcile_counts *out);

/* Asks about one attempt now, by its id, whatever its time. For a person. E_NO_PAYMENT. */
enum err reconcile_one(struct process *p, const char *attempt_id, void (*say)(const char *line),
                       struct reconcile_counts *out);

/* What a person must see: one line each. */
enum err reconcile_list(struct process *p, int64_t limit, void (*say)(const char *line),
                        int64_t *count);

#endif
