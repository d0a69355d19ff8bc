#ifndef RUN_PROCESS_H
#define RUN_PROCESS_H
#include <stdbool.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/crypto.h"
#include "db/db.h"
#include "web/http_client.h"

/* What every program of ours has, whether it serves requests, runs from crontab or is typed in. */
struct process {
    const char *name;
    struct conf conf;
    struct arena *mem;    /* emptied after each request or item */
    struct db *db;        /* not connected before the first db_begin() */
    struct keyring *keys; /* NULL with NEEDS_NO_KEY */
    struct http_client *http;
};

enum process_needs { NEEDS_KEY, NEEDS_NO_KEY };

/*
 * Reads the configuration, opens log and keys, and hardens the process: no core files, not
 * dumpable, SIGPIPE ignored, files made 0640 or stricter. False: a clear sentence is on stderr and
 * in the log, and the program should end with a status that is not 0.
 */
bool process_start(struct process *p, const char *name, enum process_needs needs);
void process_end(struct process *p);

/* The clock, with `clock_offset_s` of the sandbox. */
struct utc process_now(const struct process *p);

#endif
