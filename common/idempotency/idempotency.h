#ifndef IDEMPOTENCY_IDEMPOTENCY_H
#define IDEMPOTENCY_IDEMPOTENCY_H
#include "db/db.h"

/*
 * Idempotency-Key (contract section 3): same key and same request, the first answer again; the same
 * key with another request is refused; while the first still runs, so is the second.
 *
 * A worker that is killed leaves its key running. After the lease the next request with the key takes
 * over (IDEM_AGAIN): the work itself must then find what the first try left.
 */
enum idem { IDEM_FIRST, IDEM_AGAIN, IDEM_ANSWERED };

struct idem_key {
    struct tenant_id tenant;
    const uint8_t *owner; /* SHA256_SIZE bytes: nobody meets another's key */
    const char *text;     /* 1..64 printable ASCII characters */
    uint8_t request_hash[SHA256_SIZE];
    struct utc lease_until; /* ours, from idem_begin() on */
};

struct idem_answer {
    int64_t status;
    const char *body;
};

/* E_KEY_BAD unless the text has the form of a key. */
enum err idem_check(const char *text);

/*
 * Takes the key for `lease_s` seconds. *out says how it stands; with IDEM_ANSWERED the answer is in
 * *answer. E_KEY_REUSED, E_KEY_RUNNING, E_DB_*.
 */
enum err idem_begin(struct db *db, struct idem_key *key, struct utc now, int64_t lease_s,
                    enum idem *out, struct idem_answer *answer);

/* The answer is final: kept for the next request with this key. E_KEY_RUNNING: our lease ran out and
 * another request has taken over; its answer will be the one. */
enum err idem_done(struct db *db, const struct idem_key *key, const struct idem_answer *answer);

/* Nothing happened that counts: the key is free again. */
enum err idem_forget(struct db *db, const struct idem_key *key);

#endif
