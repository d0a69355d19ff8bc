#include <string.h>

#include "integrations/integrations.h"
#include "payments/payments.h"

static const char *configured(struct json_object *config, const char *name)
{
    struct json_object *v = NULL;
    bool given = json_object_object_get_ex(config, name, &v) &&
                 json_object_is_type(v, json_type_string) && json_object_get_string_len(v) > 0;
    return given ? json_object_get_string(v) : NULL;
}

enum err payment_home(const struct cashier *k, const struct attempt *a, const char **out)
{
    bool over = a->state == ATTEMPT_DECLINED || a->state == ATTEMPT_VOID;
    struct arena *mem = db_arena(k->db);
    struct integration in;

    TRY(integration_by_id(k->db, a->tenant_id, &a->integration_id, &in));
    struct json_object *config = json_tokener_parse(in.config);
    const char *url = configured(config, over ? "cancel_url" : "return_url");
    if (url == NULL)
        url = arena_printf(mem, "%s/payment/%s", k->conf->base_url, over ? "cancel" : "return");
    *out = arena_printf(mem, "%s%stransaction_id=%s", url, strchr(url, '?') == NULL ? "?" : "&",
                        attempt_transaction_id(a));
    json_object_put(config);
    return OK;
}
