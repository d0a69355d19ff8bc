#include "base/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, SECRET, NUMBER, YES_NO };

/* Keys marked tests_only are refused unless `sandbox = yes`. */
static const struct key {
    const char *name;
    enum kind kind;
    size_t off;
    const char *fallback;
    int64_t min, max;
    bool tests_only;
    const char *meaning;
} keys[] = {
#define TEXT_KEY(name, fallback, meaning)                                        \
    {                                                                            \
#name, TEXT, offsetof(struct conf, name), fallback, 0, 0, false, meaning \
    }
#define SECRET_KEY(name, meaning)                                            \
    {                                                                        \
#name, SECRET, offsetof(struct conf, name), "", 0, 0, false, meaning \
    }
#define NUMBER_KEY(name, fallback, min, max, meaning)                                  \
    {                                                                                  \
#name, NUMBER, offsetof(struct conf, name), fallback, min, max, false, meaning \
    }
#define YES_NO_KEY(name, fallback, meaning)                                        \
    {                                                                              \
#name, YES_NO, offsetof(struct conf, name), fallback, 0, 0, false, meaning \
    }
    TEXT_KEY(db_socket, "/run/mysqld/mysqld.sock", "MariaDB's socket; empty: db_host and db_port"),
    TEXT_KEY(db_host, "127.0.0.1", "MariaDB's host when db_socket is empty"),
    NUMBER_KEY(db_port, "3306", 1, 65535, "MariaDB's port when db_socket is empty"),
    TEXT_KEY(db_name, "vezne", "database"),
    TEXT_KEY(db_user, "vezne", "database user"),
    SECRET_KEY(db_password, "its password"),
    TEXT_KEY(base_url, "http://127.0.0.1:8080",
             "our own address, as providers and payers reach it"),
    TEXT_KEY(master_key_file, "/etc/vezne/master.key", "keys for secrets at rest, mode 0600"),
    TEXT_KEY(log_file, "", "log lines are appended here; empty: stderr"),
    TEXT_KEY(sql_dir, "sql", "folder of the numbered migrations"),
    TEXT_KEY(path_prefix, "", "what stands in front of /api when mounted deeper, e.g. /shop"),
    TEXT_KEY(ca_file, "", "certificates trusted for providers; empty: the system's"),
    TEXT_KEY(kuveyt_test_url, "", "called in place of https://test-api.kuveyt.com/payment"),
    TEXT_KEY(kuveyt_live_url, "", "called in place of https://api.kuveyt.com/payment"),
    TEXT_KEY(paytr_url, "https://www.paytr.com",
             "PayTR; no effect before there is a program that calls it"),
    TEXT_KEY(tcmb_url, "https://www.tcmb.gov.tr", "exchange rates; no effect yet, either"),
    TEXT_KEY(allowed_endpoints, "", "host:port,… that may be called although not public or https"),
    TEXT_KEY(trusted_proxies, "",
             "for the web server's configuration: whose X-Forwarded-For counts"),
    NUMBER_KEY(provider_timeout_s, "20", 1, 120, "a whole call to a provider, seconds"),
    NUMBER_KEY(order_hold_minutes, "60", 5, 100000, "an unpaid order keeps its stock so long"),
    NUMBER_KEY(session_days, "30", 1, 3650, "a login ends after this many days"),
    NUMBER_KEY(session_idle_hours, "168", 1, 87600, "or when unused for so many hours"),
    NUMBER_KEY(worker_max_requests, "10000", 0, 1000000000,
               "a worker ends after so many; 0: never"),
    NUMBER_KEY(worker_max_seconds, "3600", 0, 1000000000, "or after so many seconds; 0: never"),
    NUMBER_KEY(void_after_s, "900", 1, 86400,
               "an attempt that its provider doesn't know is closed after so long"),
    YES_NO_KEY(secure_cookies, "no", "cookies are Secure even when the request came by http"),
    YES_NO_KEY(sandbox, "no", "allows the keys for tests; never on a live machine"),
    {"clock_offset_s", NUMBER, offsetof(struct conf, clock_offset_s), "0",   -4000000000, 4000000000,
                                             true,                                                                                                  "tests: seconds added to the clock"},
    {"rate_limits",    YES_NO, offsetof(struct conf, rate_limits),    "yes", 0,           0,          true,
                                             "for the web server's configuration; tests: no turns them off"                                                                            },
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* Values as texts, before they are understood. */
static char *values[KEYS];

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static void set_value(const struct key *k, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        abort();
    free(values[k - keys]);
    values[k - keys] = copy;
}

static char *trimmed(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    char *end = s + strlen(s);
    while (end > s && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return s;
}

static bool read_line(char *line, const char *path, int number, char *why, size_t size)
{
    char *text = trimmed(line);
    if (*text == '\0' || *text == '#')
        return true;
    char *equals = strchr(text, '=');
    if (equals == NULL) {
        snprintf(why, size, "%s:%d: expected \"key = value\"", path, number);
        return false;
    }
    *equals = '\0';
    const struct key *k = find_key(trimmed(text));
    if (k == NULL) {
        snprintf(why, size, "%s:%d: unknown key \"%s\"", path, number, trimmed(text));
        return false;
    }
    set_value(k, trimmed(equals + 1));
    return true;
}

static bool read_file(const char *path, char *why, size_t size)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool ok = true;

    if (f == NULL) {
        snprintf(why, size, "%s: %s (the path comes from VEZNE_CONF)", path, strerror(errno));
        return false;
    }
    for (int number = 1; ok && getline(&line, &room, f) >= 0; number++)
        ok = read_line(line, path, number, why, size);
    free(line);
    fclose(f);
    return ok;
}

static void read_environment(void)
{
    for (size_t i = 0; i < KEYS; i++) {
        char name[64] = "VEZNE_";
        for (size_t n = 6, k = 0; keys[i].name[k] != '\0' && n < sizeof(name) - 1; n++, k++)
            name[n] = (char)toupper((unsigned char)keys[i].name[k]);
        const char *text = getenv(name);
        if (text != NULL)
            set_value(&keys[i], text);
    }
}

static bool understand_number(const struct key *k, const char *text, int64_t *out, char *why,
                              size_t size)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || v < k->min || v > k->max) {
        snprintf(why, size, "%s: \"%s\" is not a whole number from %lld to %lld", k->name, text,
                 (long long)k->min, (long long)k->max);
        return false;
    }
    *out = v;
    return true;
}

static bool understand_yes_no(const struct key *k, const char *text, bool *out, char *why,
                              size_t size)
{
    static const char *const yes[] = {"yes", "on", "true", "1"};
    static const char *const no[] = {"no", "off", "false", "0"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *out = strcmp(text, yes[i]) == 0;
            return true;
        }
    }
    snprintf(why, size, "%s: \"%s\" is neither yes nor no", k->name, text);
    return false;
}

static bool understand(struct conf *out, const struct key *k, const char *text, char *why,
                       size_t size)
{
    char *dst = (char *)out + k->off;
    switch (k->kind) {
    case TEXT:
    case SECRET:
        *(const char **)dst = text;
        return true;
    case NUMBER:
        return understand_number(k, text, (int64_t *)dst, why, size);
    case YES_NO:
        return understand_yes_no(k, text, (bool *)dst, why, size);
    }
    return false;
}

bool conf_load(struct conf *out, char *why, size_t size)
{
    const char *path = getenv("VEZNE_CONF");

    if (!read_file(path == NULL ? "/etc/vezne/vezne.conf" : path, why, size))
        return false;
    read_environment();
    *out = (struct conf){0};
    for (size_t i = 0; i < KEYS; i++) {
        const char *text = values[i] == NULL ? keys[i].fallback : values[i];
        if (!understand(out, &keys[i], text, why, size))
            return false;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].tests_only && values[i] != NULL && !out->sandbox) {
            snprintf(why, size, "%s is for tests only and needs \"sandbox = yes\"", keys[i].name);
            return false;
        }
    }
    size_t len = strlen(out->base_url);
    if (len > 0 && out->base_url[len - 1] == '/') {
        snprintf(why, size, "base_url: must not end in a slash");
        return false;
    }
    return true;
}

void conf_print(const struct conf *conf, FILE *to)
{
    for (size_t i = 0; i < KEYS; i++) {
        const struct key *k = &keys[i];
        const char *src = (const char *)conf + k->off;
        fprintf(to, "%s = ", k->name);
        switch (k->kind) {
        case TEXT:
            fprintf(to, "%s", *(const char *const *)src);
            break;
        case SECRET:
            fprintf(to, "%s", **(const char *const *)src == '\0' ? "" : "(set)");
            break;
        case NUMBER:
            fprintf(to, "%lld", (long long)*(const int64_t *)src);
            break;
        case YES_NO:
            fprintf(to, "%s", *(const bool *)src ? "yes" : "no");
            break;
        }
        fprintf(to, "  # %s\n", k->meaning);
    }
}
