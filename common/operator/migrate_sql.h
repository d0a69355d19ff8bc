#ifndef OPERATOR_MIGRATE_SQL_H
#define OPERATOR_MIGRATE_SQL_H
#include "operator/migrations.h"

/* Held until the connection ends. `got` is false when somebody else had it for `wait_s` seconds. */
enum err migrate_lock(struct db *db, int64_t wait_s, bool *got);

struct applied {
    int64_t number;
    const char *name, *sha256;
    const char *at;
};
enum err applied_table_there(struct db *db, bool *there);
enum err applied_table_make(struct db *db);                            /* unless it is there */
enum err applied_all(struct db *db, struct applied **rows, size_t *n); /* by number */
enum err applied_add(struct db *db, const struct migration *m);
/* The same as text, for a person to run. */
const char *applied_add_text(struct arena *mem, const struct migration *m);

#endif
