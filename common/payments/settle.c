#include "payments/settle.h"

#include <string.h>

const char *const settlement_names[] = {
    [SETTLE_KEEP] = "kept",         [SETTLE_WAITING] = "waiting",
    [SETTLE_UNKNOWN] = "unknown",   [SETTLE_PAID] = "paid",
    [SETTLE_LATE] = "late_success", [SETTLE_DECLINED] = "declined",
    [SETTLE_VOID] = "void",         [SETTLE_MISMATCH] = "mismatch",
    [SETTLE_GIVE_UP] = "given_up",  NULL,
};

const char *news_mismatch(const struct attempt *a, const struct news *news)
{
    if (news->tells_amount && money_cmp(news->amount, a->amount) != 0)
        return "amount";
    if (news->currency != NULL && strcmp(news->currency, a->currency) != 0)
        return "currency";
    if (news->reference != NULL && strcmp(news->reference, a->reference) != 0)
        return "reference";
    if (news->tells_mode && news->mode != a->mode)
        return "mode";
    if (news->provider_ref != NULL && a->provider_ref != NULL &&
        strcmp(news->provider_ref, a->provider_ref) != 0)
        return "provider_ref";
    return NULL;
}

static bool is_open(enum attempt_state s)
{
    return s == ATTEMPT_SENDING || s == ATTEMPT_WAITING || s == ATTEMPT_UNKNOWN;
}

static enum settlement succeeded(const struct attempt *a, const struct news *news)
{
    if (a->state == ATTEMPT_SUCCEEDED)
        return SETTLE_KEEP;
    if (news_mismatch(a, news) != NULL)
        return SETTLE_MISMATCH;
    return is_open(a->state) ? SETTLE_PAID : SETTLE_LATE;
}

/* Asked for days without a result. A page that nobody paid is simply over; a charge that nobody can
 * tell about is for a person. */
static enum settlement no_result(const struct attempt *a, enum news_source source, struct utc now,
                                 enum settlement otherwise)
{
    if (source != FROM_RESOLVER || next_ask(now, a->asks).us != 0)
        return otherwise;
    return otherwise == SETTLE_WAITING ? SETTLE_VOID : SETTLE_GIVE_UP;
}

static enum settlement not_found(const struct attempt *a, enum news_source source, struct utc now,
                                 const struct settle_rules *rules)
{
    /* One that they gave a name is theirs, whatever they say today. One that was cut off on our side
     * may still arrive there. */
    if (a->provider_ref == NULL &&
        utc_cmp(now, utc_add_seconds(a->created_at, rules->void_after_s)) >= 0)
        return SETTLE_VOID;
    return no_result(a, source, now, SETTLE_UNKNOWN);
}

enum settlement settle(const struct attempt *a, const struct news *news, enum news_source source,
                       struct utc now, const struct settle_rules *rules)
{
    if (news->heard == HEARD_SUCCEEDED)
        return succeeded(a, news);
    if (!is_open(a->state))
        return SETTLE_KEEP; /* a late failure never undoes a success, nor a decline a decline */
    switch (news->heard) {
    case HEARD_SUCCEEDED:
    case HEARD_DECLINED:
        return news_mismatch(a, news) == NULL ? SETTLE_DECLINED : SETTLE_UNKNOWN;
    case HEARD_WAITING:
        return no_result(a, source, now, SETTLE_WAITING);
    case HEARD_NOT_FOUND:
        return not_found(a, source, now, rules);
    case HEARD_NOT_SENT:
        if (source == FROM_ANSWER)
            return SETTLE_VOID; /* it was the payment itself that wasn't sent, not a question */
        return no_result(a, source, now, SETTLE_UNKNOWN);
    case HEARD_UNKNOWN:
        return no_result(a, source, now, SETTLE_UNKNOWN);
    }
    return SETTLE_UNKNOWN;
}

struct utc next_ask(struct utc now, int64_t asks)
{
    static const int64_t pauses_s[] = {60, 300, 900, 3600};
    enum { STEPS = 4, DAYS = 7 };

    if (asks < STEPS)
        return utc_add_seconds(now, pauses_s[asks]);
    if (asks < STEPS + DAYS)
        return utc_add_seconds(now, 86400);
    return (struct utc){0};
}
