#ifndef INTEGRATIONS_HANDLERS_H
#define INTEGRATIONS_HANDLERS_H
#include "web/route.h"

handler_fn integrations_list, integrations_create, integrations_show, integrations_update,
    integrations_remove, integrations_test, integrations_of_type;

#endif
