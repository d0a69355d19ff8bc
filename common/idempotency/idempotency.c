#include "idempotency/idempotency.h"

#include <string.h>

#include "idempotency/idempotency_sql.h"

enum { KEY_MAX = 64 };

enum err idem_check(const char *text)
{
    size_t len = strlen(text);
    if (len < 1 || len > KEY_MAX)
        return E_KEY_BAD;
    for (const char *p = text; *p != '\0'; p++)
        if (*p < 0x20 || *p > 0x7e)
            return E_KEY_BAD;
    return OK;
}

enum err idem_begin(struct db *db, struct idem_key *key, struct utc now, int64_t lease_s,
                    enum idem *out, struct idem_answer *answer)
{
    struct idem_record r = {0};
    struct utc lease = utc_add_seconds(now, lease_s);
    key->lease_until = lease;
    enum err e = idem_insert(db, key, now, lease);

    *out = IDEM_FIRST;
    if (e != E_DUPLICATE)
        return e;
    e = idem_select(db, key, &r);
    if (e == E_NOT_FOUND) /* freed in this very moment */
        return E_KEY_RUNNING;
    TRY(e);
    if (r.request_hash.len != SHA256_SIZE ||
        memcmp(r.request_hash.data, key->request_hash, SHA256_SIZE) != 0)
        return E_KEY_REUSED;
    if (r.http_status != 0) {
        *out = IDEM_ANSWERED;
        *answer = (struct idem_answer){r.http_status, r.answer};
        return OK;
    }
    if (utc_cmp(now, r.lease_until) < 0)
        return E_KEY_RUNNING;
    TRY(idem_take_over(db, key, r.lease_until, lease));
    *out = IDEM_AGAIN;
    return db_changed(db) == 1 ? OK : E_KEY_RUNNING;
}
