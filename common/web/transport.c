#include "web/transport.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
#include "base/text.h"

enum { PATH_MAX_BYTES = 2048, HEADER_MAX_BYTES = 8192 };

static const char *param(const FCGX_Request *in, const char *name)
{
    const char *v = FCGX_GetParam(name, in->envp);
    return v == NULL ? "" : v;
}

/* NULL when it isn't there, is empty (web servers set empty ones) or too long. */
static const char *header(const FCGX_Request *in, const char *name)
{
    const char *v = param(in, name);
    return *v == '\0' || strlen(v) > HEADER_MAX_BYTES ? NULL : v;
}

/* One that protects something: too long, it must not look like one that isn't there. */
static const char *guard(struct ctx *c, const FCGX_Request *in, const char *name)
{
    if (strlen(param(in, name)) > HEADER_MAX_BYTES)
        c->req.broken = E_BAD_REQUEST;
    return header(in, name);
}

static char *lower(struct arena *mem, const char *s, size_t len)
{
    char *copy = arena_strndup(mem, s, len);
    for (char *p = copy; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));
    return copy;
}

/* Host as in tenant_hosts: lower case, without port and dot at its end; "" when it is no host name. */
static const char *host_name(struct arena *mem, const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    size_t len = strcspn(s, ":");
    if (len > 0 && s[len - 1] == '.')
        len--;
    const char *host = lower(mem, s, len);
    return strspn(host, letters) == len ? host : "";
}

static const char *media_type(struct arena *mem, const char *s)
{
    size_t len = strcspn(s, ";");
    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    return lower(mem, s, len);
}

/* SCRIPT_NAME and PATH_INFO are decoded and normalised by the web server; REQUEST_URI is neither. */
static enum err read_path(struct ctx *c, const FCGX_Request *in)
{
    const char *prefix = c->process->conf.path_prefix;
    const char *script = param(in, "SCRIPT_NAME"), *info = param(in, "PATH_INFO");
    const char *path = *info == '\0' ? script : arena_printf(c->mem, "%s%s", script, info);

    if (strncmp(path, prefix, strlen(prefix)) == 0)
        path += strlen(prefix);
    c->req.path = path;
    if (strlen(path) > PATH_MAX_BYTES || !text_is_line(path, strlen(path)))
        return E_NO_PATH;
    return OK;
}

/* -1: no length given; -2: not a length. */
static int64_t declared_length(const FCGX_Request *in)
{
    const char *s = param(in, "CONTENT_LENGTH");
    int64_t n = 0;
    if (*s == '\0')
        return -1;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9' || n > INT32_MAX)
            return -2;
        n = n * 10 + (*s - '0');
    }
    return n;
}

static int read_some(FCGX_Request *in, char *to, int room)
{
    if (in->in != NULL)
        return FCGX_GetStr(to, room, in->in);
    ssize_t n;
    do
        n = read(STDIN_FILENO, to, (size_t)room);
    while (n < 0 && errno == EINTR);
    return (int)n;
}

/* To its end, with a limit: a short read is no error code in libfcgi, so the count is compared. */
static enum err read_body(struct ctx *c, FCGX_Request *in)
{
    int64_t declared = declared_length(in);
    if (declared == -2)
        return E_BAD_REQUEST;
    if (declared > BODY_MAX)
        return E_TOO_LARGE;
    bool cgi = in->in ==
               NULL; /* whose server need not close the pipe: nothing is asked for behind the end */
    size_t room = declared >= 0 ? (size_t)declared + !cgi : cgi ? 0 : BODY_MAX + 1;
    char *body = NEW_N(c->mem, char, room + 1);
    size_t len = 0;
    while (len < room) {
        int n = read_some(in, body + len, (int)(room - len));
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (!cgi && FCGX_GetError(in->in) != 0)
        return E_BODY_CUT;
    if (declared >= 0 && len != (size_t)declared)
        return E_BODY_CUT;
    if (len > BODY_MAX)
        return E_TOO_LARGE;
    c->req.body = body;
    c->req.body_len = len;
    return OK;
}

static void read_id(struct ctx *c, const FCGX_Request *in)
{
    const char *given = param(in, "HTTP_X_REQUEST_ID");
    uint8_t raw[16];

    if (strlen(given) != 2 * sizeof(raw) || !text_unhex(raw, sizeof(raw), given))
        random_bytes(raw, sizeof(raw));
    text_hex(c->id, raw, sizeof(raw));
}

void request_read(struct ctx *c, FCGX_Request *in)
{
    struct request *r = &c->req;

    read_id(c, in);
    r->method = param(in, "REQUEST_METHOD");
    r->query = arena_strdup(c->mem, param(in, "QUERY_STRING"));
    r->host = host_name(c->mem, param(in, "HTTP_HOST"));
    r->content_type = media_type(c->mem, param(in, "CONTENT_TYPE"));
    r->cookie = header(in, "HTTP_COOKIE");
    r->origin = guard(c, in, "HTTP_ORIGIN");
    r->fetch_site = guard(c, in, "HTTP_SEC_FETCH_SITE");
    r->accept = header(in, "HTTP_ACCEPT");
    r->accept_language = header(in, "HTTP_ACCEPT_LANGUAGE");
    r->idempotency_key = guard(c, in, "HTTP_IDEMPOTENCY_KEY");
    r->remote_addr = param(in, "REMOTE_ADDR");
    r->https = strcmp(param(in, "HTTPS"), "on") == 0;
    r->body = "";
    r->body_len = 0;
    enum err path = read_path(c, in), body = read_body(c, in);
    if (r->broken == OK)
        r->broken = path;
    if (r->broken == OK)
        r->broken = body;
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *words;
    } reasons[] = {
        {200, "OK"                    },
        {201, "Created"               },
        {202, "Accepted"              },
        {303, "See Other"             },
        {400, "Bad Request"           },
        {401, "Unauthorized"          },
        {403, "Forbidden"             },
        {404, "Not Found"             },
        {405, "Method Not Allowed"    },
        {409, "Conflict"              },
        {413, "Content Too Large"     },
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"     },
        {500, "Internal Server Error" },
        {503, "Service Unavailable"   },
    };
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].words;
    return "";
}

static size_t head_size(const struct reply *r)
{
    size_t size = 128 + strlen(r->type); /* three lines of our own */
    for (size_t i = 0; i < r->nheaders; i++)
        size += strlen(r->headers[i].name) + strlen(r->headers[i].value) + 4;
    return size;
}

static void put_header(struct out *o, const char *name, const char *value)
{
    out_text(o, name);
    out_text(o, ": ");
    out_text(o, value);
    out_text(o, "\r\n");
}

static struct out whole_answer(const struct ctx *c)
{
    const struct reply *r = &c->reply;
    struct out o = {.room = head_size(r) + r->len};

    o.text = NEW_N(c->mem, char, o.room);
    out_text(&o, "Status: ");
    out_number(&o, r->status);
    out_text(&o, " ");
    out_text(&o, reason(r->status));
    out_text(&o, "\r\nContent-Length: ");
    out_number(&o, (int64_t)r->len);
    out_text(&o, "\r\n");
    put_header(&o, "Content-Type", r->type);
    for (size_t i = 0; i < r->nheaders; i++)
        put_header(&o, r->headers[i].name, r->headers[i].value);
    out_text(&o, "\r\n");
    if (strcmp(c->req.method, "HEAD") != 0)
        out_bytes(&o, r->body, r->len);
    return o;
}

static bool write_all(int fd, const char *s, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, s, len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            s += n;
            len -= (size_t)n;
        }
    }
    return true;
}

bool reply_write(const struct ctx *c, FCGX_Request *in)
{
    struct out o = whole_answer(c);
    if (in->out == NULL)
        return write_all(STDOUT_FILENO, o.text, o.len);
    bool whole = FCGX_PutStr(o.text, (int)o.len, in->out) == (int)o.len;

    /* Closing sends the answer and its end in one write; FCGX_Finish_r() would hide an error. */
    bool closed = FCGX_FClose(in->err) == 0 && FCGX_FClose(in->out) == 0;
    return whole && closed && FCGX_GetError(in->out) == 0;
}
