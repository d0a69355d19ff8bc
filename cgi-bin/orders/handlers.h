#ifndef CGI_ORDERS_HANDLERS_H
#define CGI_ORDERS_HANDLERS_H
#include "web/ctx.h"

handler_fn orders_create, orders_list, orders_show, orders_track;
#endif
