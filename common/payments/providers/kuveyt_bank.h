#ifndef PAYMENTS_PROVIDERS_KUVEYT_BANK_H
#define PAYMENTS_PROVIDERS_KUVEYT_BANK_H
#include "payments/providers/provider.h"

/*
 * The bank's own protocols of the `kuveyt` provider: a sketch of how they fit its drivers (kuveyt.c),
 * written before they are built. The core sees no difference to the gateway.
 *
 * driver "secure_payment"  (hosted page) start: SecurePaymentRegister, our reference as
 *                          MerchantOrderId; HEARD_WAITING with payment_url = the link. The bank posts
 *                          the browser to /api/notices/kuveyt/{attempt}/ok/ or /fail/: a signal,
 *                          nothing more. ask: GetTransactions by MerchantOrderId decides (status 1,
 *                          code 00, last order status 1). refund: SaleReversal, Cancel on the same
 *                          day in Istanbul, else Drawback or PartialDrawback.
 * driver "vpos_3d"         (XML 3D model) start: makes a page of ours, HEARD_WAITING with payment_url
 *                          = /pay/kuveyt/{token}; no money moves. That page's form is a second step of
 *                          its own: the card goes to ThreeDModelPayGate, whose HTML goes to the browser.
 *                          The return is a notice whose signature counts (S1): it is followed by
 *                          ThreeDModelProvisionGate, the call that takes the money and that can't be
 *                          repeated: `provisioning` is committed before it, its lost answer is
 *                          HEARD_UNKNOWN. ask: GetMerchantOrderDetail.
 *
 * Account: api_key = UserName, api_secret = Password, config.merchant_id, config.customer_id. Answers
 * are read with libxml2 (no network, no entities) or json_check(), and every signature is compared in
 * constant time with the attempt's own amount and reference.
 */
struct kuveyt_bank_account {
    const char *merchant_id, *customer_id, *user_name, *password;
};

/* One transaction as GetTransactions and GetMerchantOrderDetail tell it: the input of `ask`. */
struct kuveyt_transaction {
    const char *order_id;      /* theirs: provider_ref */
    const char *response_code; /* "00" = done */
    int64_t last_order_status; /* 1 sale, 4 drawback, 5 partial drawback, 6 cancelled */
    struct money amount;
};

#endif
