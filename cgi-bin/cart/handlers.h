#ifndef CGI_CART_HANDLERS_H
#define CGI_CART_HANDLERS_H
#include "web/ctx.h"

handler_fn cart_show, cart_items_add;
#endif
