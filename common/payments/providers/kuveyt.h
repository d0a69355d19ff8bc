#ifndef PAYMENTS_PROVIDERS_KUVEYT_H
#define PAYMENTS_PROVIDERS_KUVEYT_H
#include "payments/providers/provider.h"

/*
 * Kuveyt Türk. One provider, one driver for each protocol that it is spoken to with; the account's
 * config.driver names one. Without: "secure_payment" for the bank's own hosts, else "gateway".
 *
 *   gateway         the shop documents' create / verify, see kuveyt_gateway.h
 *   secure_payment  not yet: every call is HEARD_NOT_SENT, "driver_unsupported"
 *   vpos_3d         not yet
 */
extern const struct provider provider_kuveyt;

#endif
