#ifndef NOTICES_INBOX_SQL_H
#define NOTICES_INBOX_SQL_H
#include "notices/inbox.h"

struct inbox_record {
    const char *id;
    const char *provider, *about, *kind, *remote_addr;
    struct sealed body;
    struct utc received_at;
};

enum err inbox_insert(struct db *db, const struct inbox_item *item, struct sealed body);
enum err inbox_select_open(struct db *db, const struct inbox_place *after, struct utc before,
                           int64_t limit, struct inbox_record **out, size_t *n);

#endif
