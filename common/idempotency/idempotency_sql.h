#ifndef IDEMPOTENCY_IDEMPOTENCY_SQL_H
#define IDEMPOTENCY_IDEMPOTENCY_SQL_H
#include "idempotency/idempotency.h"

struct idem_record {
    struct sealed request_hash;
    int64_t http_status; /* 0 = still running */
    const char *answer;
    struct utc lease_until;
};

enum err idem_insert(struct db *db, const struct idem_key *k, struct utc now, struct utc lease);
enum err idem_select(struct db *db, const struct idem_key *k, struct idem_record *out);
/* db_changed() is 0 when another request was faster. */
enum err idem_take_over(struct db *db, const struct idem_key *k, struct utc old_lease,
                        struct utc new_lease);

#endif
