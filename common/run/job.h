#ifndef RUN_JOB_H
#define RUN_JOB_H
#include "run/process.h"

/*
 * A program for crontab. One run at a time on this database (a named lock, a courtesy: the rows
 * themselves are claimed one by one); SIGTERM and SIGINT end it between two items.
 *
 * Exit status: 0 all is well, 75 another run holds the lock, 1 something needs a person.
 */
enum { JOB_OK = 0, JOB_NEEDS_PERSON = 1, JOB_BUSY = 75 };

/* Starts the process, takes the lock `name`, runs `work`, whose result is the exit status. */
int job_run(const char *name, int (*work)(struct process *p, void *arg), void *arg);

/* True once the job was asked to leave: look between two items. */
bool job_should_stop(void);

#endif
