#ifndef OPERATOR_MIGRATIONS_H
#define OPERATOR_MIGRATIONS_H
#include "db/db.h"

/* The numbered files of sql_dir, and which of them the database has had. */

enum { SHA256_TEXT = 2 * SHA256_SIZE + 1 };

struct migration {
    int64_t number;
    const char *name; /* of the file: "0003-carts.sql" */
    const char *text;
    size_t len;
    char sha256[SHA256_TEXT];
};

struct migrations {
    struct migration *files; /* by number */
    size_t n;
    size_t applied; /* the first so many are in the database, files[applied] is next */
};

/*
 * migrations_compare - read the folder and the table schema_migrations, and see that they agree
 *
 * NULL when they do. Otherwise a sentence for the operator: folder or file unreadable, a name that
 * isn't NNNN-words.sql, a number twice, and, of what is applied already, a file that was edited since,
 * is gone, or came later than one with a higher number; or the database can't be asked. Changes
 * nothing, a database without the table has had no migration. Texts live in the arena.
 */
const char *migrations_compare(struct db *db, const char *folder, struct migrations *out);

#endif
