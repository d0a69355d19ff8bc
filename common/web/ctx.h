#ifndef WEB_CTX_H
#define WEB_CTX_H
#include <json-c/json.h>

#include "accounts/sessions.h"
#include "run/process.h"
#include "tenants/tenants.h"

/*
 * One request: what came in, who asks, what to work with, and the answer. Handlers get a struct ctx
 * and nothing else. Everything in it lives until the end of the request.
 */

struct request {
    const char *method;       /* as sent */
    const char *path;         /* decoded and normalised by the web server, without path_prefix */
    char *query;              /* raw; parsed once by handle.c */
    const char *host;         /* lower case, no port, no dot at its end; "" = none */
    const char *content_type; /* lower case, without parameters; "" = none */
    const char *cookie, *origin, *fetch_site, *accept, *accept_language;
    const char *idempotency_key; /* NULL = none */
    const char *remote_addr;
    bool https;
    const char *body; /* NUL after its end */
    size_t body_len;
    enum err broken; /* not OK: could not be read; answered with this */
};

enum { REPLY_HEADERS_MAX = 8 };

struct reply {
    int status; /* 0: not answered yet */
    const char *type;
    const char *body;
    size_t len;
    struct reply_header {
        const char *name, *value;
    } headers[REPLY_HEADERS_MAX];
    size_t nheaders;
};

struct pair {
    const char *name, *value;
};

struct ctx;

/* The shape of errors that an API promises (contract section 3). */
struct dialect {
    struct json_object *(*error)(const struct ctx *c, enum err e);
    int (*status)(enum err e); /* HTTP status */
};
extern const struct dialect dialect_store;

struct ctx {
    const struct process *process;
    const struct dialect *dialect;
    struct request req;
    struct reply reply;
    char id[33];  /* request id */
    bool english; /* Accept-Language asks for it */
    const struct route *route;
    struct pair args[4]; /* of the path */
    size_t nargs;
    struct pair *query;
    size_t nquery;
    struct json_object *input;        /* the body, once ctx_input() was called */
    struct json_object *field_errors; /* field -> text, for E_BAD_INPUT */
    const char *own_message; /* of the API's document, instead of E_BAD_INPUT's; NULL = none */
    struct tenant tenant;
    struct session session; /* see ctx_identify() */
    bool identified;
    struct utc now;
    struct arena *mem;
    struct db *db;
};

typedef enum err handler_fn(struct ctx *c);

/* ---- Who asks ---- */

/*
 * Looks up the session of the cookie, once. Routes that are not public have it done; a public
 * handler calls it when it wants to know. No session is no error: role ROLE_GUEST.
 */
enum err ctx_identify(struct ctx *c);

/* E_CROSS_SITE: the request changes something, carries a cookie and comes from another site (as
 * Origin or Sec-Fetch-Site say). Done for every route but those of providers. */
enum err ctx_refuse_cross_site(const struct ctx *c);

/* SHA-256 of the cookie's token; false when there is no cookie (or a malformed one). */
bool ctx_token_hash(const struct ctx *c, uint8_t out[SHA256_SIZE]);

/* Makes a session (user NULL: a guest's), sets its cookie, and makes it c->session. */
enum err ctx_start_session(struct ctx *c, const struct user *user);
/* Forgets the session in the database and in the browser. */
enum err ctx_end_session(struct ctx *c);

/* ---- What came in ---- */

/* Segment of the path; a malformed id answers `missing`, like one that isn't there. */
const char *ctx_path_text(const struct ctx *c, const char *name);
enum err ctx_path_uuid(const struct ctx *c, const char *name, char out[UUID_TEXT],
                       enum err missing);

/* Value in the query, NULL when it isn't there. */
const char *ctx_query(const struct ctx *c, const char *name);

/* ?limit= (default 50, at most 200) and ?cursor=. */
struct page {
    int64_t limit;         /* rows to answer; lists read one more to know whether there are more */
    struct utc before;     /* cursor: rows older than this moment ... */
    const char *before_id; /* ... or of the same moment with a smaller id; NULL: from the newest */
};
enum { PAGE_DEFAULT = 50, PAGE_MAX = 200 };
enum err ctx_page(struct ctx *c, struct page *out);
/* Adds the Link header to the page after this row. */
void ctx_next_page(struct ctx *c, struct utc last_at, const char *last_id);

/*
 * Reads the body (JSON object; a form too where the route allows) into `out` by a field table. Fields
 * that aren't in the table are ignored; missing optional ones leave `out` as it is. What is wrong is
 * collected for the answer; E_BAD_INPUT then. ctx_object() does the same with an object inside.
 */
enum err ctx_input_(struct ctx *c, void *out, const struct field *fields, size_t n);
#define ctx_input(c, out, fields) ctx_input_((c), (out), (fields), COUNT(fields))
enum err ctx_object_(struct ctx *c, const char *name, bool required, void *out,
                     const struct field *fields, size_t n);
#define ctx_object(c, name, required, out, fields) \
    ctx_object_((c), (name), (required), (out), (fields), COUNT(fields))
/* Was this field in the body, and not null? */
bool ctx_has(const struct ctx *c, const char *name);
/* A field is wrong for a reason of the rule's own: remembered for the answer; E_BAD_INPUT. */
enum err ctx_bad(struct ctx *c, const char *field, const char *tr, const char *en);

/* ---- The answer ---- */

/* {"success": true}, with "message" when tr is not NULL. */
struct json_object *ctx_success(struct ctx *c, const char *tr, const char *en);

/* Takes over `root`. Always OK, so that handlers can end with it. */
enum err ctx_reply(struct ctx *c, int status, struct json_object *root);
#define JSON_TYPE "application/json; charset=utf-8"

/* An answer that is text already, such as the OK that a provider wants to hear. */
enum err ctx_reply_text(struct ctx *c, int status, const char *type, const char *text);
/* Names and values with CR, LF, NUL or bytes over 0x7e are refused (the header is left out, logged). */
void ctx_header(struct ctx *c, const char *name, const char *value);

struct json_object *json_row_(const void *row, const struct field *fields, size_t n);
struct json_object *json_rows_(const void *rows, size_t count, size_t size,
                               const struct field *fields, size_t n);
#define json_row(row, fields) json_row_((row), (fields), COUNT(fields))
#define json_rows(rows, count, fields) \
    json_rows_((rows), (count), sizeof(*(rows)), (fields), COUNT(fields))

/* Turkish or English, as the request asks. */
const char *ctx_words(const struct ctx *c, const char *tr, const char *en);

#endif
