#ifndef PAYMENTS_PAYMENTS_JSON_H
#define PAYMENTS_PAYMENTS_JSON_H
#include <json-c/json.h>

#include "payments/payments.h"

/* Payments as the shop's API shows them (contract 9.2): in an order's detail and in lists. */
struct json_object *payment_json(const struct attempt *a, bool english);
struct json_object *payments_json(const struct attempt *a, size_t n, bool english);

#endif
