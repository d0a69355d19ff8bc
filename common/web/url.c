#include "web/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/address.h"
#include "web/http_client.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

/* RFC 3986, and the braces of "{order_id}" in URLs that are filled in later. */
#define URL_BYTES                                                    \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
    "-._~:/?#[]@!$&'()*+,;=%{}"

static bool has_known_bytes_only(const char *text)
{
    if (strnlen(text, URL_MAX + 1) > URL_MAX || text[strspn(text, URL_BYTES)] != '\0')
        return false;
    for (const char *p = strchr(text, '%'); p != NULL; p = strchr(p + 1, '%')) {
        if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]))
            return false;
    }
    return true;
}

/* Behind "http://" or "https://"; NULL with the fault. */
static const char *skip_scheme(const char *text, const char **fault)
{
    size_t len = strcspn(text, ":/?#");

    *fault = "syntax";
    if (len == 0 || text[len] != ':')
        return NULL;
    bool known = (len == 4 && strncasecmp(text, "http", len) == 0) ||
                 (len == 5 && strncasecmp(text, "https", len) == 0);
    if (!known)
        *fault = "scheme";
    return known && strncmp(text + len, "://", 3) == 0 ? text + len + 3 : NULL;
}

/* What libcurl would forgive, decode or guess is refused before it sees the URL. */
static const char *authority_fault(const char *authority)
{
    size_t len = strcspn(authority, "/?#");
    const char *end = authority + len;

    if (memchr(authority, '@', len) != NULL)
        return "userinfo";
    if (len == 0 || authority[0] == ':' || memchr(authority, '%', len) != NULL)
        return "host";
    if (end[-1] == ':')
        return "port";
    return NULL;
}

static const char *text_fault(const char *text)
{
    const char *fault;

    if (!has_known_bytes_only(text))
        return "syntax";
    const char *authority = skip_scheme(text, &fault);
    if (authority == NULL)
        return fault;
    fault = authority_fault(authority);
    if (fault != NULL)
        return fault;
    return strchr(authority, '#') != NULL ? "fragment" : NULL;
}

/* A part of the URL in the arena, lower case if wanted; NULL when it has none. */
static char *part(CURLU *u, struct arena *mem, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    char *copy = NULL;

    if (curl_url_get(u, what, &text, flags) == CURLUE_OK)
        copy = arena_strdup(mem, text);
    curl_free(text);
    return copy;
}

static bool is_ipv4(const char *host, struct in_addr *out)
{
    return inet_pton(AF_INET, host, out) == 1;
}

/* Canonical, so that one address has one spelling. */
static const char *check_ipv6(struct arena *mem, char *host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    size_t len = strlen(host);

    if (len < 3 || host[len - 1] != ']')
        return NULL;
    host[len - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &addr) != 1 ||
        inet_ntop(AF_INET6, &addr, text, sizeof(text)) == NULL)
        return NULL;
    return arena_printf(mem, "[%s]", text);
}

/* Labels of letters, digits and inner dashes; the last one begins with a letter: "1.2.3" is none. */
static bool is_name(const char *host)
{
    if (strlen(host) > 253)
        return false;
    for (const char *label = host;;) {
        size_t len = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-");
        if (len == 0 || len > 63 || label[0] == '-' || label[len - 1] == '-')
            return false;
        if (label[len] == '\0')
            return isalpha((unsigned char)label[0]) != 0;
        if (label[len] != '.')
            return false;
        label += len + 1;
    }
}

static const char *check_host(struct arena *mem, char *host)
{
    struct in_addr addr;

    for (char *p = host; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    if (host[0] == '[')
        return check_ipv6(mem, host);
    return is_ipv4(host, &addr) || is_name(host) ? host : NULL;
}

static const char *curl_fault(CURLUcode code)
{
    if (code == CURLUE_BAD_PORT_NUMBER)
        return "port";
    if (code == CURLUE_BAD_HOSTNAME || code == CURLUE_NO_HOST || code == CURLUE_BAD_IPV6)
        return "host";
    return "syntax";
}

static const char *take_parts(CURLU *u, struct arena *mem, struct url *out)
{
    char *scheme = part(u, mem, CURLUPART_SCHEME, 0);
    char *host = part(u, mem, CURLUPART_HOST, 0);
    char *port = part(u, mem, CURLUPART_PORT, CURLU_DEFAULT_PORT);

    out->path = part(u, mem, CURLUPART_PATH, 0);
    out->query = part(u, mem, CURLUPART_QUERY, 0);
    if (scheme == NULL || out->path == NULL)
        return "syntax";
    out->https = strcasecmp(scheme, "https") == 0;
    out->host = host == NULL ? NULL : check_host(mem, host);
    if (out->host == NULL)
        return "host";
    long number = port == NULL ? 0 : strtol(port, NULL, 10);
    if (number < 1 || number > UINT16_MAX)
        return "port";
    out->port = (uint16_t)number;
    return NULL;
}

const char *url_parse(struct arena *mem, const char *text, struct url *out)
{
    const char *fault = text_fault(text);

    if (fault != NULL)
        return fault;
    CURLU *u = curl_url();
    if (u == NULL)
        abort();
    CURLUcode code = curl_url_set(u, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    fault = code == CURLUE_OK ? take_parts(u, mem, out) : curl_fault(code);
    curl_url_cleanup(u);
    return fault;
}

const char *url_text(struct arena *mem, const struct url *u)
{
    const char *port =
        u->port == (u->https ? HTTPS_PORT : HTTP_PORT) ? "" : arena_printf(mem, ":%u", u->port);

    return arena_printf(mem, "%s://%s%s%s%s%s", u->https ? "https" : "http", u->host, port, u->path,
                        u->query == NULL ? "" : "?", u->query == NULL ? "" : u->query);
}

static const char *host_refused(const char *host)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    size_t len = strlen(host);

    if (is_ipv4(host, &v4.sin_addr))
        return address_is_public((const struct sockaddr *)&v4) ? NULL : "address";
    if (host[0] == '[') {
        char text[INET6_ADDRSTRLEN] = "";
        memcpy(text, host + 1, len - 2);
        bool ok = inet_pton(AF_INET6, text, &v6.sin6_addr) == 1;
        return ok && address_is_public((const struct sockaddr *)&v6) ? NULL : "address";
    }
    const char *last = strrchr(host, '.');
    if (strcmp(last == NULL ? host : last + 1, "localhost") == 0)
        return "address";
    return last == NULL ? "host" : NULL;
}

const char *url_refused(const char *allowed_endpoints, const struct url *u)
{
    if (endpoint_listed(allowed_endpoints, u->host, u->port))
        return NULL;
    if (!u->https)
        return "scheme";
    if (u->port != HTTPS_PORT)
        return "port";
    return host_refused(u->host);
}

const char *url_check(struct arena *mem, const char *allowed_endpoints, const char *url,
                      const char **out)
{
    struct url u;
    const char *fault = url_parse(mem, url, &u);

    if (fault != NULL)
        return fault;
    if (u.query != NULL || strchr(url, '?') != NULL)
        return "query";
    if (strpbrk(u.path, "{}") != NULL)
        return "syntax";
    fault = url_refused(allowed_endpoints, &u);
    if (fault != NULL)
        return fault;
    size_t len = strlen(u.path);
    while (len > 0 && u.path[len - 1] == '/')
        len--;
    u.path = arena_strndup(mem, u.path, len);
    *out = url_text(mem, &u);
    return NULL;
}

const char *return_url_check(struct arena *mem, const char *allowed_endpoints, const char *url,
                             const char **out)
{
    struct url u;
    const char *fault = url_parse(mem, url, &u);

    if (fault != NULL)
        return fault;
    if (!u.https && !endpoint_listed(allowed_endpoints, u.host, u.port))
        return "scheme";
    *out = url_text(mem, &u);
    return NULL;
}
