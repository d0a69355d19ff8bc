#ifndef CGI_PAYMENTS_HANDLERS_H
#define CGI_PAYMENTS_HANDLERS_H
#include "web/ctx.h"

handler_fn payments_create, payments_verify;
#endif
