#ifndef NOTICES_INBOX_H
#define NOTICES_INBOX_H
#include "db/db.h"

/*
 * Notices of providers, kept raw before anybody reads a word of them (contract section 7). What was
 * stored but not handled (we were killed in between) is found again: see notice.h.
 */
struct inbox_id {
    char text[UUID_TEXT];
};

struct inbox_item {
    struct inbox_id id;
    const char *provider;
    const char *about; /* id in the path */
    const char *kind;  /* "ok", "fail", … */
    const char *remote_addr;
    const char *body; /* opened; "?query\n" and the body as they came; NULL = can't be opened */
    struct utc received_at;
};

/* Committed on return. `item->id` and received_at are filled in. */
enum err inbox_store(struct db *db, const struct keyring *keys, struct utc now,
                     struct inbox_item *item);

enum inbox_result { INBOX_APPLIED, INBOX_REFUSED };

/* `result` is a stable word. A second time is no error. */
enum err inbox_handled(struct db *db, const struct inbox_id *id, struct tenant_id tenant,
                       enum inbox_result how, const char *result, struct utc now);

/* Where the last look at the inbox ended; zeroed: at its beginning. */
struct inbox_place {
    struct utc received_at;
    struct inbox_id id;
};

/* Stored before `before` and still not handled, oldest first, from `after` on. One that can't be
 * opened is among them: it must not keep the others waiting. */
enum err inbox_open(struct db *db, const struct keyring *keys, const struct inbox_place *after,
                    struct utc before, int64_t limit, struct inbox_item **out, size_t *n);

#endif
