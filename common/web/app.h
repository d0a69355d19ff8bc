#ifndef WEB_APP_H
#define WEB_APP_H
#include "web/route.h"

/*
 * A program: starts, serves requests one at a time until told to leave, ends. Returns the exit
 * status: 0 after SIGTERM, SIGINT, SIGHUP, SIGUSR1 or when the worker is old enough; 1 when it could
 * not start. The same file serves FastCGI (listening socket on descriptor 0, or 3 when systemd says
 * so) and plain CGI.
 */
int app_run(const char *name, const struct dialect *dialect, const struct route *routes, size_t n);

/* One request from c->req to c->reply: all that app_run() does between reading and writing. */
void app_handle(struct ctx *c, const struct route *routes, size_t n);

/* The only way from an enum err to HTTP: fills c->reply. */
void app_reply_error(struct ctx *c, enum err e);

#endif
