#include "notices/notice.h"

static enum err refuse(const struct cashier *k, const struct inbox_item *item)
{
    const struct tenant_id nobody = {0};
    TRY(inbox_handled(k->db, &item->id, nobody, INBOX_REFUSED, "unknown_attempt", k->now));
    return E_NO_PAYMENT;
}

enum err notice_apply(const struct cashier *k, const struct inbox_item *item, struct attempt *out)
{
    struct attempt_id id;

    if (!uuid_parse(id.text, item->about))
        return refuse(k, item);
    enum err e = attempt_by_id(k->db, &id, out);
    if (e == E_NO_PAYMENT)
        return refuse(k, item);
    TRY(e);
    if (out->state != ATTEMPT_SUCCEEDED)
        TRY(payment_ask(k, out, FROM_NOTICE, out));
    return inbox_handled(k->db, &item->id, out->tenant_id, INBOX_APPLIED,
                         attempt_state_names[out->state], k->now);
}
