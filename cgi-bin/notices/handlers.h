#ifndef CGI_NOTICES_HANDLERS_H
#define CGI_NOTICES_HANDLERS_H
#include "web/ctx.h"

handler_fn kuveyt_ok, kuveyt_fail;
#endif
