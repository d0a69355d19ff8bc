#ifndef OPERATOR_OPERATOR_H
#define OPERATOR_OPERATOR_H
#include "run/process.h"

/*
 * What `vezne COMMAND` does; cron/vezne.c has the table of commands. Each gets the words behind its
 * name, argc of them, says on stdout what it did and on stderr what went wrong, and returns the exit
 * status.
 */
enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,   /* the words make no sense: the caller prints the usage */
    STATUS_LOCKED = 75, /* somebody else is at it: try later (EX_TEMPFAIL) */
};
typedef int command_fn(struct process *p, int argc, char **argv);

command_fn operator_migrate, operator_demo;

/* Gets a process that is not started: a broken configuration is one of its findings. */
command_fn operator_doctor;

/* Prints "vezne: SENTENCE" to stderr; STATUS_FAILED. */
int operator_says(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
