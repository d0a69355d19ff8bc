#ifndef ACCOUNTS_HANDLERS_H
#define ACCOUNTS_HANDLERS_H
#include "web/app.h"

handler_fn auth_register, auth_login, auth_logout, auth_me;

#endif
