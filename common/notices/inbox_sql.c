#include "notices/inbox_sql.h"

static const struct field inbox_row[] = {
    {"id",          FIELD(struct inbox_record, id),          REQUIRED},
    {"provider",    FIELD(struct inbox_record, provider),    REQUIRED},
    {"about",       FIELD(struct inbox_record, about),       REQUIRED},
    {"kind",        FIELD(struct inbox_record, kind),        REQUIRED},
    {"remote_addr", FIELD(struct inbox_record, remote_addr), REQUIRED},
    {"body",        FIELD(struct inbox_record, body),        REQUIRED},
    {"received_at", FIELD(struct inbox_record, received_at), REQUIRED},
};

SQL_EXEC(sql_inbox_insert,
         "INSERT INTO inbox (id, provider, about, kind, remote_addr, body, received_at, state)"
         " VALUES (?, ?, ?, ?, ?, ?, ?, 'new')");
SQL_EXEC(sql_inbox_handled, "UPDATE inbox SET state = ?, result = ?, tenant_id = ?, handled_at = ?"
                            " WHERE id = ? AND state = 'new'");
SQL_ROWS(sql_inbox_open, struct inbox_record, inbox_row,
         "SELECT id, provider, about, kind, remote_addr, body, received_at FROM inbox"
         " WHERE state = 'new' AND received_at < ?"
         " AND (? IS NULL OR received_at > ? OR (received_at = ? AND id > ?))"
         " ORDER BY received_at, id LIMIT ?");

enum err inbox_insert(struct db *db, const struct inbox_item *item, struct sealed body)
{
    return db_exec(db, sql_inbox_insert, P((const char *)item->id.text), P(item->provider),
                   P(item->about), P(item->kind), P(item->remote_addr), P(body),
                   P(item->received_at));
}

enum err inbox_handled(struct db *db, const struct inbox_id *id, struct tenant_id tenant,
                       enum inbox_result how, const char *result, struct utc now)
{
    return db_exec(db, sql_inbox_handled, P(how == INBOX_APPLIED ? "applied" : "refused"),
                   P(result), P(&tenant), P(now), P((const char *)id->text));
}

enum err inbox_select_open(struct db *db, const struct inbox_place *after, struct utc before,
                           int64_t limit, struct inbox_record **out, size_t *n)
{
    return db_all(db, out, n, sql_inbox_open, P(before), P(after->received_at),
                  P(after->received_at), P(after->received_at), P((const char *)after->id.text),
                  P(limit));
}
