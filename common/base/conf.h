#ifndef BASE_CONF_H
#define BASE_CONF_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The configuration: one table in conf.c names every key with its default, limits and meaning
 * (contract section 8). Read once at start from the file named by VEZNE_CONF (default
 * /etc/vezne/vezne.conf) and from VEZNE_<KEY> in the environment, which wins.
 */
struct conf {
    const char *db_socket, *db_host, *db_name, *db_user, *db_password;
    int64_t db_port;
    const char *base_url;        /* without a slash at its end */
    const char *master_key_file; /* see base/crypto.h */
    const char *log_file;        /* "" = stderr */
    const char *sql_dir;         /* where `vezne migrate` finds the numbered files */
    const char *path_prefix;     /* in front of /api when mounted deeper; usually "" */
    const char *ca_file;         /* certificates for outbound https; "" = the system's */
    const char *kuveyt_test_url, *kuveyt_live_url, *paytr_url, *tcmb_url;
    const char *allowed_endpoints; /* host:port,host:port that may be called although not public */
    const char *trusted_proxies;
    int64_t provider_timeout_s;
    int64_t order_hold_minutes;
    int64_t session_days, session_idle_hours;
    int64_t worker_max_requests, worker_max_seconds; /* 0 = never recycled */
    int64_t void_after_s;                            /* see payments/payments.h */
    bool secure_cookies;    /* cookies carry Secure even when https isn't seen here */
    bool sandbox;           /* allows the keys for tests only */
    int64_t clock_offset_s; /* tests only */
    bool rate_limits;       /* tests only: off */
};

/*
 * Reads everything; false with one clear sentence in `why` (size bytes): file missing or unreadable,
 * unknown key, bad value, a key for tests without `sandbox = yes`. Texts live as long as the process.
 */
bool conf_load(struct conf *out, char *why, size_t size);

/* One line a key: "key = value  # meaning", secrets as "(set)". For `vezne config`. */
void conf_print(const struct conf *conf, FILE *to);

#endif
