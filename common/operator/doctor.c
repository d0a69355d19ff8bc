#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "operator/doctor_sql.h"
#include "operator/migrations.h"
#include "operator/operator.h"

enum { CLOCKS_APART_S = 5, MARIADB_MAJOR = 10, MARIADB_MINOR = 11 };

static bool well; /* nothing failed so far */

/* One line: "ok   what" or "FAIL what: words". */
static bool found(bool ok, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool found(bool ok, const char *what, const char *fmt, ...)
{
    va_list args;

    printf("%s %s", ok ? "ok  " : "FAIL", what);
    if (!ok) {
        printf(": ");
        va_start(args, fmt);
        vprintf(fmt, args);
        va_end(args);
    }
    putchar('\n');
    fflush(stdout);
    well = well && ok;
    return ok;
}

static bool configuration_is_right(void)
{
    struct conf conf;
    char why[512] = "";
    bool ok = conf_load(&conf, why, sizeof(why));

    return found(ok, "configuration", "%s", why);
}

static void look_at_key(const struct conf *conf)
{
    char why[512] = "";
    struct keyring *keys = keyring_open(conf->master_key_file, why, sizeof(why));
    bool missing = keys == NULL && access(conf->master_key_file, F_OK) != 0 && errno == ENOENT;

    found(keys != NULL, "key file", "%s%s", why,
          missing
              ? "; \"vezne key new\" makes one, but secrets sealed with another key need that one"
              : "");
    keyring_close(keys);
}

static void look_at_log(const struct conf *conf)
{
    bool file = conf->log_file[0] != '\0';
    bool ok = !file || access(conf->log_file, W_OK) == 0;

    found(ok, file ? "log file" : "log (to stderr)",
          "%s: %s; the user of the programs must be able to write it", conf->log_file,
          strerror(errno));
}

static bool new_enough(const char *version)
{
    char *end;
    long major = strtol(version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

    return strstr(version, "MariaDB") != NULL &&
           (major > MARIADB_MAJOR || (major == MARIADB_MAJOR && minor >= MARIADB_MINOR));
}

static void look_at_settings(struct db *db)
{
    struct db_facts facts;

    if (db_facts(db, &facts) != OK) {
        found(false, "database settings", "%s", db_last_error(db));
        return;
    }
    int64_t apart = (facts.now.us - utc_now().us) / 1000000;
    found(new_enough(facts.version), "database version", "%s; MariaDB %d.%d or later is needed",
          facts.version, MARIADB_MAJOR, MARIADB_MINOR);
    found(facts.flush_at_commit == 1, "database durability",
          "innodb_flush_log_at_trx_commit is %lld: a crash could forget payments; set it to 1",
          (long long)facts.flush_at_commit);
    found(llabs(apart) <= CLOCKS_APART_S, "database clock",
          "%lld s apart from ours; let NTP set the clocks of both machines", (long long)apart);
}

static void look_at_schema(struct db *db, const struct conf *conf)
{
    struct migrations all;
    const char *wrong = migrations_compare(db, conf->sql_dir, &all);

    if (found(wrong == NULL, "migrations", "%s", wrong))
        found(all.applied == all.n, "schema", "%zu migrations to go; run \"vezne migrate\"",
              all.n - all.applied);
}

int operator_doctor(struct process *p, int argc, char **argv)
{
    (void)argv;
    if (argc != 0)
        return STATUS_USAGE;
    well = true;
    if (!configuration_is_right() || !process_start(p, "vezne", NEEDS_NO_KEY))
        return STATUS_FAILED;
    look_at_key(&p->conf);
    look_at_log(&p->conf);
    if (found(db_begin(p->db) == OK, "database", "%s; see the keys db_* of the configuration",
              db_last_error(p->db))) {
        look_at_settings(p->db);
        look_at_schema(p->db, &p->conf);
    }
    process_end(p);
    return well ? STATUS_OK : STATUS_FAILED;
}
