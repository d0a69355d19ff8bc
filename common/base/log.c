#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "types/utc.h"

enum { LINE_MAX_BYTES = 2048, TEXT_MAX_BYTES = 300 };

static const struct {
    const char *name;
    bool number;
} fields[] = {
    [LOG_REQUEST] = {"request",  false},
      [LOG_TENANT] = {"tenant",   true },
    [LOG_METHOD] = {"method",   false},
      [LOG_ROUTE] = {"route",    false},
    [LOG_STATUS] = {"status",   true },
      [LOG_MS] = {"ms",       true },
    [LOG_STATEMENTS] = {"stmts",    true },
      [LOG_BYTES] = {"bytes",    true },
    [LOG_CODE] = {"code",     false},
      [LOG_WHERE] = {"where",    false},
    [LOG_ERRNO] = {"errno",    true },
      [LOG_PROVIDER] = {"provider", false},
    [LOG_REFERENCE] = {"ref",      false},
      [LOG_STATE] = {"state",    false},
    [LOG_ATTEMPT] = {"attempt",  false},
      [LOG_COUNT] = {"count",    true },
    [LOG_NAME] = {"name",     false},
};
static const char *const level_names[] = {"error", "warn", "info"};

static int out_fd = STDERR_FILENO;
static char program_name[32] = "vezne";
static char file_path[512];
static char request_id[40];
static int64_t lost_lines;

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

/* Room is kept for the closing "}\n". */
static void put(struct line *l, const char *s, size_t n)
{
    if (n > sizeof(l->text) - 3 - l->len)
        n = sizeof(l->text) - 3 - l->len;
    memcpy(l->text + l->len, s, n);
    l->len += n;
}

static void put_quoted(struct line *l, const char *s)
{
    char copy[TEXT_MAX_BYTES + 1];
    snprintf(copy, sizeof(copy), "%s", s);
    text_redact_digits(copy);
    /* A value that would not fit whole is left empty: a line is always valid JSON. */
    size_t room = sizeof(l->text) - 3 - l->len;
    if (room < 6 * strlen(copy) + 8)
        copy[0] = '\0';
    bool utf8 = text_is_utf8(copy, strlen(copy)); /* a cut may have split a character */
    put(l, "\"", 1);
    for (const char *p = copy; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        char hex[8];
        if (c == '"' || c == '\\') {
            put(l, "\\", 1);
            put(l, p, 1);
        } else if (c < 0x20 || c == 0x7f || (c > 0x7f && !utf8)) {
            snprintf(hex, sizeof(hex), "\\u%04x", c);
            put(l, hex, 6);
        } else {
            put(l, p, 1);
        }
    }
    put(l, "\"", 1);
}

static void put_text(struct line *l, const char *name, const char *value)
{
    char key[40];
    snprintf(key, sizeof(key), "%s\"%s\":", l->len == 0 ? "{" : ",", name);
    put(l, key, strlen(key));
    put_quoted(l, value);
}

static void put_number(struct line *l, const char *name, int64_t value)
{
    char pair[64];
    snprintf(pair, sizeof(pair), ",\"%s\":%lld", name, (long long)value);
    put(l, pair, strlen(pair));
}

static void write_line(struct line *l)
{
    memcpy(l->text + l->len, "}\n", 2);
    l->len += 2;
    ssize_t n;
    do
        n = write(out_fd, l->text, l->len);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)l->len)
        lost_lines = 0;
    else
        lost_lines++;
}

void log_line(enum log_level level, const char *event, ...)
{
    struct line l = {.len = 0};
    char at[UTC_TEXT];
    va_list ap;

    utc_text_us(at, utc_now());
    put_text(&l, "at", at);
    put_text(&l, "level", level_names[level]);
    put_text(&l, "program", program_name);
    put_text(&l, "event", event);
    if (request_id[0] != '\0')
        put_text(&l, "request", request_id);
    if (lost_lines > 0)
        put_number(&l, "lost_lines", lost_lines);
    va_start(ap, event);
    for (int f; (f = va_arg(ap, int)) != LOG_END;) {
        if (fields[f].number) {
            put_number(&l, fields[f].name, va_arg(ap, int64_t));
        } else {
            const char *text = va_arg(ap, const char *);
            if (text != NULL)
                put_text(&l, fields[f].name, text);
        }
    }
    va_end(ap);
    write_line(&l);
}

void log_open(const char *program, const char *path)
{
    snprintf(program_name, sizeof(program_name), "%s", program);
    snprintf(file_path, sizeof(file_path), "%s", path == NULL ? "" : path);
    log_reopen();
}

void log_reopen(void)
{
    if (file_path[0] == '\0')
        return;
    int fd = open(file_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        log_line(LOG_WARN, "log_file", LOG_NAME, file_path, LOG_ERRNO, (int64_t)errno, LOG_END);
        return;
    }
    if (out_fd != STDERR_FILENO)
        close(out_fd);
    out_fd = fd;
}

void log_request(const char *id)
{
    snprintf(request_id, sizeof(request_id), "%s", id);
}
