#ifndef DB_BIND_H
#define DB_BIND_H
#include <mariadb/mysql.h>

#include "db/db.h"

/* One prepared statement with the buffers its rows arrive in. For db.c only. */
struct statement;

/* NULL: *code is MariaDB's error, or 0 when the columns don't match the fields (logged). */
struct statement *statement_new(MYSQL *conn, const struct sql *q, unsigned *code);
void statement_free(struct statement *s);

/* Binds and runs; answers MariaDB's error or 0. A wrong number of values aborts. */
unsigned statement_execute(struct statement *s, const struct param *params);

/* Of the last run: rows changed, and the AUTO_INCREMENT value given. */
uint64_t statement_changed(const struct statement *s);
uint64_t statement_insert_id(const struct statement *s);

/* Reads all rows into `mem`. *code is MariaDB's error or 0. */
enum err statement_rows(struct statement *s, struct arena *mem, void **rows, size_t *n,
                        unsigned *code);

#endif
