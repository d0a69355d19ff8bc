#include "run/process.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"

enum { ARENA_LIMIT = 8 << 20 };

/* A core of ours could hold keys and cards (libfcgi aborts on bad input). */
static void harden(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    umask(027);
}

static bool refuse(const struct process *p, const char *why)
{
    fprintf(stderr, "%s: %s\n", p->name, why);
    log_line(LOG_ERROR, "start_failed", LOG_NAME, why, LOG_END);
    return false;
}

bool process_start(struct process *p, const char *name, enum process_needs needs)
{
    char why[512];

    *p = (struct process){.name = name};
    harden();
    log_open(name, NULL);
    if (!conf_load(&p->conf, why, sizeof(why)))
        return refuse(p, why);
    log_open(name, p->conf.log_file);
    if (p->conf.sandbox)
        log_line(LOG_WARN, "sandbox_mode", LOG_NAME, "keys for tests are allowed", LOG_END);
    if (p->conf.allowed_endpoints[0] != '\0')
        log_line(LOG_WARN, "allowed_endpoints", LOG_NAME, p->conf.allowed_endpoints, LOG_END);
    if (needs == NEEDS_KEY) {
        p->keys = keyring_open(p->conf.master_key_file, why, sizeof(why));
        if (p->keys == NULL)
            return refuse(p, why);
    }
    const struct db_config db = {
        .socket = p->conf.db_socket,
        .host = p->conf.db_host,
        .port = (unsigned)p->conf.db_port,
        .user = p->conf.db_user,
        .password = p->conf.db_password,
        .name = p->conf.db_name,
    };
    const struct http_config http = {p->conf.allowed_endpoints, p->conf.ca_file,
                                     p->conf.provider_timeout_s};
    p->mem = arena_new(ARENA_LIMIT);
    p->db = db_new(&db, p->mem);
    p->http = http_client_open(&http);
    db_on_transaction(p->db, http_forbid);
    return true;
}

void process_end(struct process *p)
{
    http_client_close(p->http);
    db_free(p->db);
    arena_free(p->mem);
    if (p->keys != NULL)
        keyring_close(p->keys);
}

struct utc process_now(const struct process *p)
{
    return utc_add_seconds(utc_now(), p->conf.clock_offset_s);
}
