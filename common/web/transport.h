#ifndef WEB_TRANSPORT_H
#define WEB_TRANSPORT_H
#include <fcgiapp.h>

#include "web/ctx.h"

/* Between libfcgi and struct ctx. A request without streams is plain CGI: its parameters are the
 * environment, its body is on descriptor 0, and the answer goes to descriptor 1. */

enum { BODY_MAX = 64 * 1024 };

/* Fills c->req and c->id; what is wrong is left in c->req.broken. */
void request_read(struct ctx *c, FCGX_Request *in);

/* Writes c->reply in one piece. False: the client is gone, or libfcgi failed. */
bool reply_write(const struct ctx *c, FCGX_Request *in);

#endif
