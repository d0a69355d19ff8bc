#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
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

/* A value that would not fit whole is left empty: a line is always valid JSON. */
static void put_quoted(struct out *l, const char *s)
{
    char copy[TEXT_MAX_BYTES + 1];
    size_t len = strnlen(s, TEXT_MAX_BYTES);

    memcpy(copy, s, len);
    copy[len] = '\0';
    text_redact_digits(copy);
    len = l->room - l->len < 6 * len + 8 ? 0 : strlen(copy);
    bool utf8 = text_is_utf8(copy, len); /* a cut may have split a character */
    out_text(l, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)copy[i];
        char hex[8];
        if (c == '"' || c == '\\') {
            out_text(l, "\\");
            out_bytes(l, &copy[i], 1);
        } else if (c < 0x20 || c == 0x7f || (c > 0x7f && !utf8)) {
            snprintf(hex, sizeof(hex), "\\u%04x", c);
            out_text(l, hex);
        } else {
            out_bytes(l, &copy[i], 1);
        }
    }
    out_text(l, "\"");
}

static void put_name(struct out *l, const char *name)
{
    out_text(l, l->len == 0 ? "{\"" : ",\"");
    out_text(l, name);
    out_text(l, "\":");
}

/* A word of our own: nothing in it to quote. */
static void put_word(struct out *l, const char *name, const char *word)
{
    put_name(l, name);
    out_text(l, "\"");
    out_text(l, word);
    out_text(l, "\"");
}

static void put_field(struct out *l, enum log_field f, va_list *ap)
{
    if (fields[f].number) {
        put_name(l, fields[f].name);
        out_number(l, va_arg(*ap, int64_t));
        return;
    }
    const char *text = va_arg(*ap, const char *);
    if (text != NULL) {
        put_name(l, fields[f].name);
        put_quoted(l, text);
    }
}

static void write_line(struct out *l)
{
    ssize_t n;

    l->room = LINE_MAX_BYTES;
    out_text(l, "}\n");
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
    char text[LINE_MAX_BYTES];
    struct out l = {text, 0, LINE_MAX_BYTES - 2}; /* room for the end is kept */
    char at[UTC_TEXT];
    va_list ap;

    utc_text_us(at, utc_now());
    put_word(&l, "at", at);
    put_word(&l, "level", level_names[level]);
    put_word(&l, "program", program_name);
    put_word(&l, "event", event);
    if (request_id[0] != '\0')
        put_word(&l, "request", request_id);
    if (lost_lines > 0) {
        put_name(&l, "lost_lines");
        out_number(&l, lost_lines);
    }
    va_start(ap, event);
    for (int f; (f = va_arg(ap, int)) != LOG_END;)
        put_field(&l, (enum log_field)f, &ap);
    va_end(ap);
    write_line(&l);
}

static void open_file(void)
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

void log_open(const char *program, const char *path)
{
    snprintf(program_name, sizeof(program_name), "%s", program);
    snprintf(file_path, sizeof(file_path), "%s", path == NULL ? "" : path);
    open_file();
}

void log_request(const char *id)
{
    size_t len = strnlen(id, sizeof(request_id) - 1);
    memcpy(request_id, id, len);
    request_id[len] = '\0';
}
