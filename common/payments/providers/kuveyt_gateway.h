#ifndef PAYMENTS_PROVIDERS_KUVEYT_GATEWAY_H
#define PAYMENTS_PROVIDERS_KUVEYT_GATEWAY_H
#include "payments/providers/provider.h"

/*
 * The shop documents' gateway (protocol P0), driver "gateway" of provider "kuveyt":
 *
 *   POST {endpoint}/create                                opens a payment page
 *   GET  {endpoint}/verify/{its transaction_id or ours}   how does it stand?
 *
 * both with "Authorization: Bearer {api_key}". There is no refund, and nothing is signed.
 */
void gateway_start(const struct provider_env *env, const struct provider_payment *p,
                   struct news *out);
void gateway_ask(const struct provider_env *env, const struct provider_payment *p,
                 struct news *out);
const char *gateway_probe(const struct provider_env *env);

/*
 * The three below sort an answer; they do nothing else, and take any bytes whatever.
 *
 * gateway_read_create
 *
 *   HEARD_WAITING   200 with a payment_url that a browser may be sent to and a transaction_id of
 *                   1..64 letters, digits, _ and -
 *   HEARD_DECLINED  4xx (but 408, 425, 429) with a JSON object, or 401, 403 with anything
 *   HEARD_NOT_SENT  our request reached nobody
 *   HEARD_UNKNOWN   everything else
 */
void gateway_read_create(struct arena *mem, const char *allowed_endpoints,
                         const struct http_answer *answer, struct news *out);

/*
 * gateway_read_verify
 *
 *   HEARD_SUCCEEDED, HEARD_DECLINED, HEARD_WAITING   200 with status "success", "failed", another
 *   HEARD_NOT_FOUND  404 with a JSON object: a web server's own page about an unknown path is no
 *                    word about a payment
 *   HEARD_NOT_SENT   our request reached nobody
 *   HEARD_UNKNOWN    everything else, also a told amount, currency, reference, mode or
 *                    transaction_id that has not the form of one
 */
void gateway_read_verify(struct arena *mem, const struct http_answer *answer, struct news *out);

/* The answer to a question about a payment that nobody has: NULL or a word, see struct provider. */
const char *gateway_read_probe(struct arena *mem, const struct http_answer *answer);

#endif
