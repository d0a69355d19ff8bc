#ifndef PAYMENTS_PROVIDERS_PAYTR_H
#define PAYMENTS_PROVIDERS_PAYTR_H
#include "payments/providers/provider.h"

/*
 * PayTR: a sketch of how its APIs fit struct provider, written before they are built so that the core
 * needs no change for them. Nothing is declared here that exists already; the agency's billing and
 * the hosted checkout fill it in.
 *
 * Account: api_key = merchant_key, api_secret = merchant_salt, config.merchant_id; both modes use one
 * host, test_mode is a signed field. Our reference is the merchant_oid: letters and digits only, at
 * most 64, never used again (fill_attempt() keeps to that). Amounts: decimal text towards Direct and
 * refund, kuruş in notices and towards the iFrame, either sign in status answers; see money.h.
 *
 * driver "iframe"    start: get-token; HEARD_WAITING with payment_url = /odeme/guvenli/TOKEN, takes
 *                    no money by itself. A refusal of the token is HEARD_DECLINED.
 * driver "direct"    start: /odeme with sync_mode=1, takes money (start_takes_money). `success` is
 *                    HEARD_SUCCEEDED, `failed` HEARD_DECLINED (try_again as told), `wait_callback`
 *                    HEARD_WAITING, everything unreadable HEARD_UNKNOWN. What is charged comes in
 *                    provider_payment as one of a new card, a saved card, a saved card without its
 *                    owner (recurring): struct pay_with below.
 * ask                /odeme/durum-sorgu by merchant_oid. It finds successful payments only: error 004
 *                    is HEARD_NOT_FOUND, and so counts after the waiting window alone.
 * refund             /odeme/iade with a reference_no of the refund's own.
 * read_notice        checks `hash` in constant time over the received text (merchant_oid, salt,
 *                    status, total_amount) and believes nothing else: news.amount is total_amount.
 *                    The tokens of a stored card travel in struct card_tokens.
 */

/* A card in request memory, wiped by the caller after the call; never in a row, a log or an answer. */
struct card {
    char number[20];
    char cvv[5];
    char month[3], year[5];
    const char *holder;
};

/* What PayTR gives for a card that it keeps; stored as envelopes. */
struct card_tokens {
    const char *user_token; /* utoken: one a customer */
    const char *card_token; /* ctoken: one a card; NULL = not told */
};

/* How a Direct payment is paid. */
struct pay_with {
    const struct card *card;          /* a new card; NULL = a saved one */
    bool store;                       /* keep the new card */
    const struct card_tokens *tokens; /* a saved card */
    const char *cvv;                  /* of a saved card that asks for it; NULL = none */
    bool recurring;                   /* the owner isn't there */
};

/* A notice as it came, for struct provider's read_notice; `body` is the raw form. */
struct raw_notice {
    const char *content_type;
    const char *body;
    size_t len;
};

#endif
