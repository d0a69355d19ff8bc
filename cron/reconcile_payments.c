/* Finds out how open payments ended; see payments/reconcile.h. Every minute from crontab. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payments/reconcile.h"
#include "run/job.h"

static const char usage[] =
    "reconcile_payments [--limit N] [--quiet]   ask about payments whose outcome is open\n"
    "                                           --quiet: say something only when there is news for "
    "a person\n"
    "reconcile_payments --attempt ID            ask about this one now, without waiting for a run\n"
    "reconcile_payments --list                  what a person must see\n"
    "\n"
    "Exit status: 0 all is well, 1 something needs a person, 75 another run holds the lock.\n";

struct options {
    int64_t limit;
    const char *attempt;
    bool quiet, list;
};

static void say(const char *line)
{
    puts(line);
}

static int failed(const struct process *p, enum err e)
{
    fprintf(stderr, "%s: %s\n", p->name, err_info(e)->en);
    return JOB_NEEDS_PERSON;
}

static int work(struct process *p, void *arg)
{
    const struct options *o = arg;
    struct reconcile_counts n = {0};
    enum err e = reconcile(p, o->limit, o->quiet ? NULL : say, &n);

    if (e != OK)
        return failed(p, e);
    if (!o->quiet || n.newly_flagged > 0 || n.failed > 0)
        printf("asked %lld: paid %lld, declined %lld, open %lld, failed %lld; notices %lld;"
               " for a person %lld\n",
               (long long)n.asked, (long long)n.paid, (long long)n.declined,
               (long long)n.still_open, (long long)n.failed, (long long)n.notices,
               (long long)n.flagged);
    return n.flagged > 0 || n.failed > 0 ? JOB_NEEDS_PERSON : JOB_OK;
}

/* For a person: needs no lock, since every step is guarded by itself. */
static int by_hand(const struct options *o)
{
    struct reconcile_counts n = {0};
    struct process p;
    enum err e;

    if (!process_start(&p, "reconcile_payments", NEEDS_KEY))
        return JOB_NEEDS_PERSON;
    e = db_begin(p.db);
    if (e == OK)
        e = o->list ? reconcile_list(&p, 1000, say, &n.flagged)
                    : reconcile_one(&p, o->attempt, say, &n);
    int status = e != OK                                      ? failed(&p, e)
                 : n.flagged + n.newly_flagged + n.failed > 0 ? JOB_NEEDS_PERSON
                                                              : JOB_OK;
    process_end(&p);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"limit",   required_argument, NULL, 'l'},
        {"attempt", required_argument, NULL, 'a'},
        {"list",    no_argument,       NULL, 'L'},
        {"quiet",   no_argument,       NULL, 'q'},
        {"help",    no_argument,       NULL, 'h'},
        {NULL,      0,                 NULL, 0  },
    };
    struct options o = {.limit = 1000000};
    char *end = NULL;

    for (int c; (c = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (c) {
        case 'l':
            o.limit = strtoll(optarg, &end, 10);
            if (*optarg == '\0' || *end != '\0' || o.limit < 1)
                return fputs(usage, stderr), 2;
            break;
        case 'a':
            o.attempt = optarg;
            break;
        case 'L':
            o.list = true;
            break;
        case 'q':
            o.quiet = true;
            break;
        case 'h':
            return fputs(usage, stdout), 0;
        default:
            return fputs(usage, stderr), 2;
        }
    }
    if (o.list || o.attempt != NULL)
        return by_hand(&o);
    return job_run("reconcile_payments", work, &o);
}
