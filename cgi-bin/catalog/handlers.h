#ifndef CATALOG_HANDLERS_H
#define CATALOG_HANDLERS_H
#include "web/app.h"

handler_fn public_products_list, public_products_show, shipping_methods_list;

#endif
