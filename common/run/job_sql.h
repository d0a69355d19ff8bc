#ifndef RUN_JOB_SQL_H
#define RUN_JOB_SQL_H
#include "db/db.h"

/* Named lock of this connection, kept until it ends. The database's name is part of it. */
enum err job_lock(struct db *db, const char *name, bool *got);

#endif
