#ifndef BASE_LOG_H
#define BASE_LOG_H
#include <stdint.h>

/*
 * The one way into the log: a JSON object a line, one write() a line, to the file of `log_file` or,
 * without one, to stderr.
 *
 * Fields come from a fixed list, so that a body, cookie, key or card number has no way in. As a
 * second wall every text is cut at 300 bytes and runs of digits that look like a card number are
 * masked (text_redact_digits()).
 */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO };

enum log_field {
    LOG_REQUEST,    /* text: request id */
    LOG_TENANT,     /* number */
    LOG_METHOD,     /* text */
    LOG_ROUTE,      /* text: the pattern, never the path itself */
    LOG_STATUS,     /* number: HTTP status of ours or of a provider */
    LOG_MS,         /* number */
    LOG_STATEMENTS, /* number: round trips to the database */
    LOG_BYTES,      /* number */
    LOG_CODE,       /* text: stable word of an error */
    LOG_WHERE,      /* text: file:line of a statement */
    LOG_ERRNO,      /* number: of the system, MariaDB or curl */
    LOG_PROVIDER,   /* text */
    LOG_REFERENCE,  /* text: our reference of an attempt */
    LOG_STATE,      /* text */
    LOG_ATTEMPT,    /* text: id */
    LOG_COUNT,      /* number */
    LOG_NAME,       /* text: a program, key of the configuration, file, migration */
    LOG_END
};

/* Called once at start: program name in every line; path NULL or "" means stderr. Opens the file
 * for appending, mode 0640 (a moved file is left by restarting the workers); falls back to stderr (with a line saying so) when it can't. */
void log_open(const char *program, const char *path);

/* Request id for all lines until the next call; "" for none. */
void log_request(const char *id);

/*
 * log_line(LOG_ERROR, "database", LOG_WHERE, "x.c:3", LOG_ERRNO, (int64_t)2006, LOG_END)
 *
 * Pairs of field and value, text as const char * (NULL: left out), numbers as int64_t, LOG_END last.
 * Never fails: what can't be written (disk full) is counted, and the count is told with the next line.
 */
void log_line(enum log_level level, const char *event, ...);

#endif
