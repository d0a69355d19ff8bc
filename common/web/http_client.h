#ifndef WEB_HTTP_CLIENT_H
#define WEB_HTTP_CLIENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * Calls to providers: the only user of libcurl for HTTP.
 *
 * Every call is a fresh connection, is never sent twice, follows no redirect, uses no proxy, checks
 * TLS, and connects to public addresses only, looked at when connecting (so DNS rebinding and odd
 * spellings don't matter). Exceptions are named by the operator: `allowed_endpoints` (host:port).
 */

/* What is known about a call, for the three outcomes of the money core. */
enum http_fate {
    HTTP_ANSWERED, /* a whole answer: status, type and body are filled */
    HTTP_NOT_SENT, /* certainly no byte of the request reached anybody: refused address, no DNS,
                      refused connection, TLS failed */
    HTTP_UNKNOWN,  /* anything else: it may have been carried out */
};

struct http_call {
    const char *method; /* "GET" or "POST"; anything else aborts */
    const char *url;
    const char *bearer;       /* "Authorization: Bearer …", or NULL; printable ASCII */
    const char *content_type; /* of the body, or NULL; printable ASCII */
    const char *body;         /* NULL = none; with POST only */
    size_t body_len;
};

enum { HTTP_BODY_MAX = 256 * 1024, HTTP_HEADERS_MAX = 16 * 1024 };

struct http_answer {
    enum http_fate fate;
    int status;               /* HTTP status, 0 when there was none; of use when answered */
    const char *content_type; /* "" when there was none; lower case, without parameters */
    const char *body;         /* NUL after its end; in the arena; "" unless answered */
    size_t body_len;
    int curl_code; /* CURLcode, for the log */
    int64_t ms;

    /*
     * Stable English word:
     *   "ok"               answered
     *   "url_refused"      not sent: not a URL that may be called
     *   "header_refused"   not sent: bearer or content type isn't printable ASCII
     *   "address_refused"  not sent: the host is, or its name leads to, no public address only
     *   "dns"              not sent: no such name, or no answer about it in time
     *   "connect"          not sent: no connection, or none in time, TLS included
     *   "tls"              not sent: the certificate or the handshake is wrong
     *   "timeout"          unknown: no whole answer in time
     *   "too_big"          unknown: body over HTTP_BODY_MAX or headers over HTTP_HEADERS_MAX
     *   "cut"              unknown: the connection ended before the answer did
     *   "transport"        any other failure
     */
    const char *why;
};

struct http_config {
    const char *allowed_endpoints; /* host:port,host:port; plain http is allowed only to these */
    const char *ca_file;           /* "" = the system's certificates */
    int64_t timeout_s;             /* for the whole call; connecting gets at most 3 s of it */
};

struct http_client;

/*
 * Never NULL; aborts without memory. Texts of `cfg` are borrowed as long as the client lives. From
 * now on the process ignores SIGPIPE, unless it had a handler of its own.
 */
struct http_client *http_client_open(const struct http_config *cfg);
void http_client_close(struct http_client *h); /* NULL is fine */

/*
 * One call, over in timeout_s, at most a second more. `out` is always filled, its texts live in
 * `mem`. Nothing is logged: what may be logged of a call is for the caller to say. Aborts while a
 * transaction is open: see http_forbid().
 *
 * A body of neither length nor chunks ends with the connection and counts as whole: who parses an
 * answer asks for every field.
 */
void http_send(struct http_client *h, struct arena *mem, const struct http_call *call,
               struct http_answer *out);

/* The database layer says here while a transaction is open; http_send() aborts then (a bug of ours). */
void http_forbid(bool in_transaction);

/*
 * url_check - may a tenant type this in as an endpoint? (pitfalls of SSRF; contract section 4)
 *
 *   out   canonical form in the arena: lower-case scheme and host, no default port, no slash at the
 *         end; set when it may
 *
 * NULL when it may, else a stable word: "syntax" "scheme" "userinfo" "fragment" "query" "host" "port"
 * "address". https on port 443 with a name or public address, or anything listed in
 * allowed_endpoints. Says nothing about where a name points: that is checked at every connect.
 */
const char *url_check(struct arena *mem, const char *allowed_endpoints, const char *url,
                      const char **out);

/*
 * Is this URL a safe place to send a browser to? https with any host and port, or http to a host:port
 * in `allowed_endpoints`; no userinfo, no control characters. Same answers as url_check(). A query
 * is fine, and so is "{order_id}" in path or query; a slash at the end stays.
 */
const char *return_url_check(struct arena *mem, const char *allowed_endpoints, const char *url,
                             const char **out);
#endif
