#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "operator/migrate_sql.h"
#include "operator/operator.h"

enum { LOCK_WAIT_S = 30, STATEMENT_MAX_S = 24 * 3600 };

static int database_failed(const struct process *p)
{
    return operator_says("database: %s", db_last_error(p->db));
}

/* MariaDB commits each CREATE and ALTER by itself, so a file that fails may have done half its work. */
static int failed_half_way(const struct process *p, const struct migration *m)
{
    operator_says("%s failed at %s", m->name, db_last_error(p->db));
    fprintf(
        stderr,
        "The statements before it in this file are in effect: MariaDB can't take CREATE and ALTER\n"
        "back. Earlier migrations are applied, later ones were not begun. Now do one of these:\n"
        "  - undo those statements by hand, put right what was wrong, run \"vezne migrate\" "
        "again;\n"
        "  - run the rest of the file by hand and record it, then run \"vezne migrate\" again:\n"
        "      %s\n",
        applied_add_text(p->mem, m));
    return STATUS_FAILED;
}

static int apply(struct process *p, const struct migration *m)
{
    if (db_run_script(p->db, m->text, m->len) != OK)
        return failed_half_way(p, m);
    if (applied_add(p->db, m) != OK) {
        database_failed(p);
        return operator_says("%s ran but could not be recorded; do it by hand:\n  %s", m->name,
                             applied_add_text(p->mem, m));
    }
    log_line(LOG_INFO, "migrated", LOG_NAME, m->name, LOG_END);
    printf("applied %s\n", m->name);
    fflush(stdout);
    return STATUS_OK;
}

static int apply_all(struct process *p)
{
    struct migrations all;
    bool locked;

    if (migrate_lock(p->db, LOCK_WAIT_S, &locked) != OK)
        return database_failed(p);
    if (!locked) {
        operator_says("another \"vezne migrate\" is at work on this database (waited %d s)",
                      LOCK_WAIT_S);
        return STATUS_LOCKED;
    }
    const char *wrong = migrations_compare(p->db, p->conf.sql_dir, &all);
    if (wrong != NULL)
        return operator_says("%s", wrong);
    if (applied_table_make(p->db) != OK)
        return database_failed(p);
    for (size_t i = all.applied; i < all.n; i++)
        if (apply(p, &all.files[i]) != STATUS_OK)
            return STATUS_FAILED;
    printf("schema is up to date: %s\n", all.files[all.n - 1].name);
    return STATUS_OK;
}

static int plan(struct process *p)
{
    struct migrations all;
    const char *wrong = migrations_compare(p->db, p->conf.sql_dir, &all);

    if (wrong != NULL)
        return operator_says("%s", wrong);
    for (size_t i = all.applied; i < all.n; i++)
        printf("would apply %s\n", all.files[i].name);
    if (all.applied == all.n)
        printf("schema is up to date: %s\n", all.files[all.n - 1].name);
    return STATUS_OK;
}

int operator_migrate(struct process *p, int argc, char **argv)
{
    bool only_plan = argc == 1 && strcmp(argv[0], "--plan") == 0;

    if (argc != only_plan)
        return STATUS_USAGE;
    db_patience(p->db, STATEMENT_MAX_S);
    if (db_begin(p->db) != OK)
        return database_failed(p);
    return only_plan ? plan(p) : apply_all(p);
}
