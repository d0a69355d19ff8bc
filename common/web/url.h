#ifndef WEB_URL_H
#define WEB_URL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * One way to read a URL, by libcurl's own parser, so that what is checked is what is called.
 * url_check() and return_url_check() of web/http_client.h are made of this.
 */
enum { URL_MAX = 2000 }; /* bytes */

struct url {
    bool https; /* else http */
    const char
        *host; /* lower case name, dotted IPv4, or IPv6 in brackets; never both name and number */
    uint16_t port;     /* 1..65535, also when the URL had none */
    const char *path;  /* begins with "/", without "." and ".." */
    const char *query; /* after the "?", NULL when there is none */
};

/*
 * url_parse - NULL, or what is wrong with it: "syntax" "scheme" "userinfo" "host" "port" "fragment"
 *
 *   out   its texts live in `mem`
 *
 * Absolute http and https URLs of RFC 3986, ASCII, with nothing doubtful in them: no userinfo,
 * no % in the host, no empty port, no host that ends in a number without being an address.
 * Numeric spellings (decimal, octal, hex, short) become the address they mean.
 */
const char *url_parse(struct arena *mem, const char *text, struct url *out);

/* Canonical text in `mem`: no default port; path and query as they are in `u`. */
const char *url_text(struct arena *mem, const struct url *u);

/*
 * url_refused - NULL when `u` may be called, else "scheme" "port" "address" "host"
 *
 * Listed in allowed_endpoints: anything may. Else https on 443 with a public address or with a name
 * of two labels or more that isn't localhost.
 */
const char *url_refused(const char *allowed_endpoints, const struct url *u);

#endif
