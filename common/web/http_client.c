#include "web/http_client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "web/address.h"
#include "web/http_memory.h"
#include "web/url.h"

enum { CONNECT_MS = 3000, FIRST_BODY_ROOM = 8 * 1024 };

struct http_client {
    struct http_config cfg;
    CURL *curl;
};

/* One call, as libcurl's callbacks see it. */
struct exchange {
    struct arena *mem;
    bool https;
    bool listed;                         /* the operator named this endpoint: any address will do */
    bool address_refused, address_taken; /* at least one address was */
    bool too_big;
    bool headers_done; /* the blank line was there */
    size_t header_bytes;
    char *body; /* `room` bytes, one of them for the NUL */
    size_t len, room;
};

static bool forbidden;

static _Noreturn void broken(const char *what)
{
    fprintf(stderr, "http_client: %s\n", what);
    abort();
}

/* An option that libcurl doesn't take would silently be a check less. */
#define SET(curl, option, value)                                     \
    do {                                                             \
        if (curl_easy_setopt((curl), (option), (value)) != CURLE_OK) \
            broken("libcurl doesn't take " #option);                 \
    } while (0)

/* The place where addresses are judged: after DNS, before the first packet. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct exchange *x = arg;
    bool ip = to->family == AF_INET || to->family == AF_INET6;

    if (!ip || purpose != CURLSOCKTYPE_IPCXN ||
        (!x->listed && (!address_is_public(&to->addr) || address_is_ours(&to->addr)))) {
        x->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    x->address_taken = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Called with one whole line; interim answers (1xx) come here too and count. */
static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;

    n *= size;
    x->header_bytes += n;
    if (x->header_bytes > HTTP_HEADERS_MAX) {
        x->too_big = true;
        return 0;
    }
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
        x->headers_done = false;
    else if (n <= 2 && (line[0] == '\r' || line[0] == '\n'))
        x->headers_done = true;
    return n;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;

    n *= size;
    if (n > HTTP_BODY_MAX - x->len) {
        x->too_big = true;
        return 0;
    }
    if (x->len + n >= x->room) {
        size_t room = x->room == 0 ? FIRST_BODY_ROOM : x->room;
        while (room <= x->len + n)
            room *= 2;
        char *body = NEW_N(x->mem, char, room);
        if (x->len > 0)
            memcpy(body, x->body, x->len);
        x->body = body;
        x->room = room;
    }
    memcpy(x->body + x->len, data, n);
    x->len += n;
    return n;
}

static void set_safety(CURL *c, const struct http_config *cfg, struct exchange *x)
{
    /* What a call may reach. */
    SET(c, CURLOPT_PROTOCOLS_STR, x->listed ? "http,https" : "https");
    SET(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(c, CURLOPT_OPENSOCKETDATA, x);
    SET(c, CURLOPT_FOLLOWLOCATION, 0L);
    SET(c, CURLOPT_PROXY, ""); /* https_proxy of the environment would count otherwise */
    SET(c, CURLOPT_NOPROXY, "*");
    SET(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);

    /* libcurl sends again by itself on a reused connection that dies, and on HTTP/2. */
    SET(c, CURLOPT_FRESH_CONNECT, 1L);
    SET(c, CURLOPT_FORBID_REUSE, 1L);
    SET(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(c, CURLOPT_HTTP09_ALLOWED, 0L);
    SET(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L);

    SET(c, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(c, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(c, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (cfg->ca_file[0] != '\0')
        SET(c, CURLOPT_CAINFO, cfg->ca_file);

    /* libcurl waits for a hanging resolver after the time-out unless told to leave it behind. */
    SET(c, CURLOPT_NOSIGNAL, 1L);
    SET(c, CURLOPT_QUICK_EXIT, 1L);
    SET(c, CURLOPT_TIMEOUT_MS, (long)cfg->timeout_s * 1000);
    SET(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
}

static void add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer == NULL)
        broken("no memory");
    *list = longer;
}

static struct curl_slist *set_request(CURL *c, struct exchange *x, const struct http_call *call,
                                      const char *url)
{
    struct curl_slist *headers = NULL;

    SET(c, CURLOPT_URL, url);
    SET(c, CURLOPT_USERAGENT, "vezne");
    SET(c, CURLOPT_WRITEFUNCTION, on_body);
    SET(c, CURLOPT_WRITEDATA, x);
    SET(c, CURLOPT_HEADERFUNCTION, on_header);
    SET(c, CURLOPT_HEADERDATA, x);
    if (strcmp(call->method, "POST") == 0) {
        SET(c, CURLOPT_POST, 1L);
        SET(c, CURLOPT_POSTFIELDS, call->body == NULL ? "" : call->body);
        SET(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(call->body == NULL ? 0 : call->body_len));
        add_header(&headers, "Expect:"); /* off: no second round for long bodies */
    } else {
        SET(c, CURLOPT_HTTPGET, 1L);
    }
    if (call->bearer != NULL)
        add_header(&headers, arena_printf(x->mem, "Authorization: Bearer %s", call->bearer));
    if (call->content_type != NULL)
        add_header(&headers, arena_printf(x->mem, "Content-Type: %s", call->content_type));
    SET(c, CURLOPT_HTTPHEADER, headers);
    return headers;
}

static bool reached(CURL *c, CURLINFO step)
{
    curl_off_t at = 0;

    return curl_easy_getinfo(c, step, &at) != CURLE_OK || at > 0;
}

/*
 * Proof that no byte of the request left us: the connection, for https with its TLS, was never
 * ready, and libcurl counts no byte as written. Not the CURLcode: most of them come before and after.
 */
static bool nothing_left_us(CURL *c, bool https)
{
    long written = -1;

    curl_easy_getinfo(c, CURLINFO_REQUEST_SIZE, &written);
    return written == 0 &&
           !reached(c, https ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T);
}

static const struct {
    CURLcode code;
    const char *why;
} reasons[] = {
    {CURLE_OK,                       "cut"    }, /* the connection ended within the headers */
    {CURLE_GOT_NOTHING,              "cut"    },
    {CURLE_PARTIAL_FILE,             "cut"    },
    {CURLE_COULDNT_RESOLVE_HOST,     "dns"    },
    {CURLE_COULDNT_CONNECT,          "connect"},
    {CURLE_OPERATION_TIMEDOUT,       "timeout"},
    {CURLE_OUT_OF_MEMORY,            "too_big"}, /* a header line over libcurl's own limit */
    {CURLE_SSL_CONNECT_ERROR,        "tls"    },
    {CURLE_SSL_CIPHER,               "tls"    },
    {CURLE_SSL_CACERT_BADFILE,       "tls"    },
    {CURLE_PEER_FAILED_VERIFICATION, "tls"    },
};

static const char *why(CURL *c, CURLcode code, const struct exchange *x, bool not_sent)
{
    if (x->too_big)
        return "too_big";
    if (x->address_refused && !x->address_taken)
        return "address_refused";
    if (code == CURLE_OPERATION_TIMEDOUT && not_sent)
        return reached(c, CURLINFO_NAMELOOKUP_TIME_T) ? "connect" : "dns";
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == code)
            return reasons[i].why;
    }
    return "transport";
}

/* "Text/HTML; charset=utf-8" -> "text/html" */
static const char *bare_type(struct arena *mem, const char *type)
{
    if (type == NULL)
        return "";
    char *bare = arena_strndup(mem, type, strcspn(type, "; \t"));
    for (char *p = bare; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return bare;
}

static void judge(CURL *c, CURLcode code, struct exchange *x, struct http_answer *out)
{
    long status = 0;
    const char *type = NULL;

    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    out->curl_code = (int)code;
    out->status = (int)status;
    if (code != CURLE_OK || !x->headers_done || status < 200) {
        bool not_sent = nothing_left_us(c, x->https);
        out->fate = not_sent ? HTTP_NOT_SENT : HTTP_UNKNOWN;
        out->why = why(c, code, x, not_sent);
        return;
    }
    curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
    out->fate = HTTP_ANSWERED;
    out->why = "ok";
    out->content_type = bare_type(x->mem, type);
    if (x->len > 0) {
        x->body[x->len] = '\0';
        out->body = x->body;
        out->body_len = x->len;
    }
}

static bool is_header_text(const char *s)
{
    for (; s != NULL && *s != '\0'; s++) {
        if (*s < 0x20 || *s > 0x7e)
            return false;
    }
    return true;
}

/* NULL when the call may be tried, else why not. */
static const char *refusal(struct http_client *h, struct arena *mem, const struct http_call *call,
                           struct url *u)
{
    if (url_parse(mem, call->url, u) != NULL)
        return "url_refused";
    const char *fault = url_refused(h->cfg.allowed_endpoints, u);
    if (fault != NULL)
        return strcmp(fault, "address") == 0 ? "address_refused" : "url_refused";
    return is_header_text(call->bearer) && is_header_text(call->content_type) ? NULL
                                                                              : "header_refused";
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void http_send(struct http_client *h, struct arena *mem, const struct http_call *call,
               struct http_answer *out)
{
    struct url u;
    bool post = strcmp(call->method, "POST") == 0;

    if (forbidden)
        broken("a provider is called within a transaction");
    if (!post && (strcmp(call->method, "GET") != 0 || call->body != NULL))
        broken("GET without a body and POST are the methods");
    *out = (struct http_answer){.fate = HTTP_NOT_SENT, .content_type = "", .body = ""};
    out->why = refusal(h, mem, call, &u);
    if (out->why != NULL)
        return;

    struct exchange x = {
        .mem = mem,
        .https = u.https,
        .listed = endpoint_listed(h->cfg.allowed_endpoints, u.host, u.port),
    };
    int64_t began = now_ms();
    set_safety(h->curl, &h->cfg, &x);
    struct curl_slist *headers = set_request(h->curl, &x, call, url_text(mem, &u));
    judge(h->curl, curl_easy_perform(h->curl), &x, out);
    out->ms = now_ms() - began;
    curl_easy_reset(h->curl); /* its pointers into this call; the next one sets every option anew */
    curl_slist_free_all(headers);
}

void http_forbid(bool in_transaction)
{
    forbidden = in_transaction;
}

/* With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us: a peer that is gone must not end us. */
static void ignore_sigpipe(void)
{
    struct sigaction have;

    if (sigaction(SIGPIPE, NULL, &have) == 0 && have.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

struct http_client *http_client_open(const struct http_config *cfg)
{
    struct http_client *h = calloc(1, sizeof(*h));

    http_memory_setup();
    if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS) == 0)
        broken("this libcurl can't give up on a hanging name server");
    ignore_sigpipe();
    CURL *curl = curl_easy_init();
    if (h == NULL || curl == NULL)
        broken("no memory");
    *h = (struct http_client){*cfg, curl};
    return h;
}

void http_client_close(struct http_client *h)
{
    if (h == NULL)
        return;
    curl_easy_cleanup(h->curl);
    curl_global_cleanup();
    free(h);
}
