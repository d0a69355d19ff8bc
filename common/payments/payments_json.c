#include "payments/payments_json.h"

#include "web/ctx.h"

/* An attempt in the words of the API. */
struct shown {
    struct attempt_id id;
    const char *payment_number, *status, *status_display;
    struct money amount;
    const char *currency, *provider, *transaction_id;
    struct utc paid_at, created_at;
};
static const struct field shown_json[] = {
    {"id",             FIELD(struct shown, id),             REQUIRED},
    {"payment_number", FIELD(struct shown, payment_number), REQUIRED},
    {"status",         FIELD(struct shown, status),         REQUIRED},
    {"status_display", FIELD(struct shown, status_display), REQUIRED},
    {"amount",         FIELD(struct shown, amount),         REQUIRED},
    {"currency",       FIELD(struct shown, currency),       REQUIRED},
    {"provider",       FIELD(struct shown, provider),       REQUIRED},
    {"transaction_id", FIELD(struct shown, transaction_id), REQUIRED},
    {"paid_at",        FIELD(struct shown, paid_at),        OPTIONAL},
    {"created_at",     FIELD(struct shown, created_at),     REQUIRED},
};

struct json_object *payment_json(const struct attempt *a, bool english)
{
    const struct shown s = {
        .id = a->id,
        .payment_number = a->payment_number,
        .status = payment_state_name(a->state),
        .status_display = payment_state_label(a->state, english),
        .amount = a->amount,
        .currency = a->currency,
        .provider = a->provider,
        .transaction_id = attempt_transaction_id(a),
        .paid_at = a->paid_at,
        .created_at = a->created_at,
    };
    return json_row(&s, shown_json);
}

struct json_object *payments_json(const struct attempt *a, size_t n, bool english)
{
    struct json_object *list = json_object_new_array_ext((int)n);

    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, payment_json(&a[i], english));
    return list;
}
