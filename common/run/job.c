#include "run/job.h"

#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "run/job_sql.h"

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number)
{
    (void)number;
    asked_to_stop = 1;
}

bool job_should_stop(void)
{
    return asked_to_stop != 0;
}

/* System calls go on: the item in hand is finished, and job_should_stop() is looked at after it. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static int locked(struct process *p, int (*work)(struct process *p, void *arg), void *arg)
{
    bool got = false;

    if (db_begin(p->db) != OK || job_lock(p->db, p->name, &got) != OK) {
        fprintf(stderr, "%s: the database can't be reached\n", p->name);
        return JOB_NEEDS_PERSON;
    }
    if (!got) {
        fprintf(stderr, "%s: another run holds the lock\n", p->name);
        return JOB_BUSY;
    }
    return work(p, arg);
}

int job_run(const char *name, int (*work)(struct process *p, void *arg), void *arg)
{
    struct process p;

    catch_signals();
    if (!process_start(&p, name, NEEDS_KEY))
        return JOB_NEEDS_PERSON;
    int status = locked(&p, work, arg);
    log_line(LOG_INFO, "job_end", LOG_STATUS, (int64_t)status, LOG_END);
    process_end(&p);
    return status;
}
