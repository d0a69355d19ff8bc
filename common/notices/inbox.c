#include "notices/inbox.h"

#include <string.h>

#include "base/log.h"
#include "notices/inbox_sql.h"

/* Bound to its row alone: a notice may be stored before anybody knows whose it is. */
static struct envelope_place place_of(const char *id)
{
    return (struct envelope_place){.table = "inbox", .column = "body", .row = id, .tenant = 0};
}

enum err inbox_store(struct db *db, const struct keyring *keys, struct utc now,
                     struct inbox_item *item)
{
    struct sealed body;

    uuid_new(item->id.text);
    item->received_at = now;
    const struct envelope_place at = place_of(item->id.text);
    envelope_seal(keys, db_arena(db), &at, item->body, &body);
    return inbox_insert(db, item, body);
}

enum err inbox_open(struct db *db, const struct keyring *keys, const struct inbox_place *after,
                    struct utc before, int64_t limit, struct inbox_item **out, size_t *n)
{
    struct inbox_record *rows;

    TRY(inbox_select_open(db, after, before, limit, &rows, n));
    *out = NEW_N(db_arena(db), struct inbox_item, *n);
    for (size_t i = 0; i < *n; i++) {
        struct inbox_item *item = &(*out)[i];
        const struct envelope_place at = place_of(rows[i].id);
        *item = (struct inbox_item){.provider = rows[i].provider,
                                    .about = rows[i].about,
                                    .kind = rows[i].kind,
                                    .remote_addr = rows[i].remote_addr,
                                    .received_at = rows[i].received_at};
        memcpy(item->id.text, rows[i].id, UUID_TEXT);
        if (envelope_open(keys, db_arena(db), &at, rows[i].body, &item->body) != OK) {
            log_line(LOG_ERROR, "notice_sealed", LOG_NAME, item->id.text, LOG_END);
            item->body = NULL;
        }
    }
    return OK;
}
