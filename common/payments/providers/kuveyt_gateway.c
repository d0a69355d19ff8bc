#include "payments/providers/kuveyt_gateway.h"
#include "base/json_defer.h"

#include <string.h>

#include "base/json_check.h"
#include "base/text.h"

enum {
    REFERENCE_MAX = 64,
    PROVIDER_REF_MAX = 255,
    TRANSACTION_ID_MAX = 64,
    CURRENCY_MAX = 8,
    PAYMENT_URL_MAX = 1000,
    ERROR_TEXT_MAX = 300,
    PROBE_RANDOM = 16,
    JSON_NESTING = 32, /* of json-c; json_check() is stricter */
};

/* ---- Reading ---- */

/* The answer's JSON object, NULL when it is none. */
static struct json_object *object_of(struct arena *mem, const struct http_answer *a)
{
    if (strcmp(a->content_type, "application/json") != 0 ||
        json_check(a->body, a->body_len).fault != JSON_OK)
        return NULL;
    struct json_tokener *tok = json_tokener_new_ex(JSON_NESTING);
    if (tok == NULL)
        return NULL;
    struct json_object *o = json_tokener_parse_ex(tok, a->body, (int)a->body_len);
    json_tokener_free(tok);
    if (o != NULL)
        json_defer(mem, o);
    return o;
}

/* A member that is there and not null. */
static struct json_object *told(struct json_object *o, const char *name)
{
    struct json_object *v = NULL;

    return json_object_object_get_ex(o, name, &v) ? v : NULL;
}

/* `out` is set if it was told; false: it was, and is no text of one line and at most `max` bytes. */
static bool read_text(struct json_object *o, const char *name, int max, const char **out)
{
    struct json_object *v = told(o, name);

    if (v == NULL)
        return true;
    if (!json_object_is_type(v, json_type_string))
        return false;
    int len = json_object_get_string_len(v);
    *out = json_object_get_string(v);
    return len >= 1 && len <= max && text_is_line(*out, (size_t)len);
}

/* What can stand in a path as it is. */
static bool is_reference(const char *s, size_t max)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t len = strlen(s);

    return len >= 1 && len <= max && strspn(s, letters) == len;
}

static bool read_transaction_id(struct json_object *o, struct news *out)
{
    return read_text(o, "transaction_id", TRANSACTION_ID_MAX, &out->provider_ref) &&
           (out->provider_ref == NULL || is_reference(out->provider_ref, TRANSACTION_ID_MAX));
}

/* A number by its own text, which json-c keeps, or a text of the same form. */
static bool read_amount(struct json_object *o, struct news *out)
{
    struct json_object *v = told(o, "amount");

    if (v == NULL)
        return true;
    out->tells_amount = true;
    if (json_object_is_type(v, json_type_string))
        return money_parse(&out->amount, json_object_get_string(v));
    return (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double)) &&
           money_parse(&out->amount, json_object_to_json_string(v));
}

static bool read_mode(struct json_object *o, struct news *out)
{
    const char *mode = NULL;

    if (!read_text(o, "mode", REFERENCE_MAX, &mode))
        return false;
    if (mode == NULL)
        return true;
    out->tells_mode = true;
    out->mode = strcmp(mode, pay_mode_names[MODE_LIVE]) == 0 ? MODE_LIVE : MODE_TEST;
    return strcmp(mode, pay_mode_names[out->mode]) == 0;
}

/* NULL when there is none that could be shown. */
static const char *error_text(struct json_object *o)
{
    const char *text = NULL;

    return read_text(o, "error", ERROR_TEXT_MAX, &text) ? text : NULL;
}

static struct news unclear(const char *code)
{
    return (struct news){.heard = HEARD_UNKNOWN, .code = code};
}

static struct news declined(const char *code, const char *text)
{
    return (struct news){.heard = HEARD_DECLINED, .code = code, .text = text};
}

static const char *status_code(struct arena *mem, const struct http_answer *a)
{
    return arena_printf(mem, "http_%d", a->status);
}

/* True when there is no answer to look at. */
static bool read_fate(const struct http_answer *a, struct news *out)
{
    if (a->fate == HTTP_ANSWERED)
        return false;
    *out = (struct news){.heard = a->fate == HTTP_NOT_SENT ? HEARD_NOT_SENT : HEARD_UNKNOWN,
                         .code = a->why};
    return true;
}

static bool is_unauthorized(int status)
{
    return status == 401 || status == 403;
}

/* "Try again later" (408, 425, 429) says nothing about this payment. */
static bool is_refusal(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

static struct news read_created(struct arena *mem, const char *allowed_endpoints,
                                struct json_object *o)
{
    struct news n = {.heard = HEARD_WAITING};
    const char *url = NULL;

    if (!read_transaction_id(o, &n) || n.provider_ref == NULL ||
        !read_text(o, "payment_url", PAYMENT_URL_MAX, &url) || url == NULL)
        return unclear("incomplete");
    if (return_url_check(mem, allowed_endpoints, url, &n.payment_url) != NULL ||
        strlen(n.payment_url) > PAYMENT_URL_MAX)
        return unclear("payment_url");
    return n;
}

void gateway_read_create(struct arena *mem, const char *allowed_endpoints,
                         const struct http_answer *answer, struct news *out)
{
    if (read_fate(answer, out))
        return;
    if (is_unauthorized(answer->status)) {
        *out = declined("unauthorized", NULL);
        return;
    }
    struct json_object *o = object_of(mem, answer);
    if (o != NULL && answer->status == 200)
        *out = read_created(mem, allowed_endpoints, o);
    else if (o != NULL && is_refusal(answer->status))
        *out = declined(status_code(mem, answer), error_text(o));
    else
        *out = unclear(status_code(mem, answer));
}

static struct news read_verified(struct json_object *o)
{
    struct news n = {.heard = HEARD_WAITING};
    const char *status = NULL;

    if (!read_text(o, "status", REFERENCE_MAX, &status) || status == NULL)
        return unclear("status");
    if (!read_amount(o, &n))
        return unclear("amount");
    if (!read_text(o, "currency", CURRENCY_MAX, &n.currency))
        return unclear("currency");
    if (!read_text(o, "reference", REFERENCE_MAX, &n.reference))
        return unclear("reference");
    if (!read_mode(o, &n))
        return unclear("mode");
    if (!read_transaction_id(o, &n))
        return unclear("transaction_id");
    if (strcmp(status, "success") == 0) {
        n.heard = HEARD_SUCCEEDED;
    } else if (strcmp(status, "failed") == 0) {
        n.heard = HEARD_DECLINED;
        n.code = "failed";
        n.text = error_text(o);
    }
    return n;
}

void gateway_read_verify(struct arena *mem, const struct http_answer *answer, struct news *out)
{
    if (read_fate(answer, out))
        return;
    struct json_object *o = object_of(mem, answer);
    if (o != NULL && answer->status == 200)
        *out = read_verified(o);
    else if (o != NULL && answer->status == 404)
        *out = (struct news){.heard = HEARD_NOT_FOUND, .code = "http_404"};
    else
        *out = unclear(is_unauthorized(answer->status) ? "unauthorized" : status_code(mem, answer));
}

const char *gateway_read_probe(struct arena *mem, const struct http_answer *answer)
{
    static const struct {
        const char *why, *word;
    } no_answer[] = {
        {"dns",             "unreachable"},
        {"connect",         "unreachable"},
        {"tls",             "tls"        },
        {"address_refused", "refused"    },
        {"url_refused",     "refused"    },
        {"timeout",         "timeout"    },
    };
    struct news n;

    for (size_t i = 0; i < COUNT(no_answer); i++)
        if (strcmp(no_answer[i].why, answer->why) == 0)
            return no_answer[i].word;
    gateway_read_verify(mem, answer, &n);
    if (n.heard == HEARD_UNKNOWN && is_unauthorized(answer->status))
        return "unauthorized";
    if (answer->status >= 500)
        return "server_error";
    return n.heard == HEARD_UNKNOWN || n.heard == HEARD_NOT_SENT ? "unexpected" : NULL;
}

/* ---- Asking ---- */

static struct json_object *text_or_empty(const char *s)
{
    return json_object_new_string(s == NULL ? "" : s);
}

static struct json_object *back_url(const struct provider_env *env,
                                    const struct provider_payment *p, const char *outcome)
{
    return json_object_new_string(arena_printf(env->mem, "%s/api/notices/kuveyt/%s/%s/",
                                               env->base_url, p->attempt_id, outcome));
}

static struct json_object *create_body(const struct provider_env *env,
                                       const struct provider_payment *p)
{
    struct json_object *o = json_object_new_object(), *meta = json_object_new_object();
    char amount[MONEY_TEXT];

    money_text(amount, p->amount);
    /* Only the text is written; the number beside it is never looked at. */
    json_object_object_add(o, "amount", json_object_new_double_s(0, amount));
    json_object_object_add(o, "currency", json_object_new_string(p->currency));
    json_object_object_add(o, "order_id", json_object_new_string(p->order_number));
    json_object_object_add(o, "customer_email", text_or_empty(p->email));
    json_object_object_add(o, "customer_name", text_or_empty(p->name));
    json_object_object_add(o, "customer_phone", text_or_empty(p->phone));
    json_object_object_add(o, "return_url", back_url(env, p, "ok"));
    json_object_object_add(o, "cancel_url", back_url(env, p, "fail"));
    json_object_object_add(meta, "tenant_id", json_object_new_string(p->tenant_code));
    json_object_object_add(meta, "order_number", json_object_new_string(p->order_number));
    json_object_object_add(meta, "reference", json_object_new_string(p->reference));
    json_object_object_add(o, "metadata", meta);
    json_defer(env->mem, o);
    return o;
}

void gateway_start(const struct provider_env *env, const struct provider_payment *p,
                   struct news *out)
{
    struct http_call call = {
        .method = "POST",
        .url = arena_printf(env->mem, "%s/create", env->account->endpoint),
        .bearer = env->account->api_key,
        .content_type = "application/json",
    };
    struct http_answer answer;

    call.body = json_object_to_json_string_length(
        create_body(env, p), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
        &call.body_len);
    http_send(env->http, env->mem, &call, &answer);
    gateway_read_create(env->mem, env->allowed_endpoints, &answer, out);
}

static void verify(const struct provider_env *env, const char *name, struct http_answer *answer)
{
    const struct http_call call = {
        .method = "GET",
        .url = arena_printf(env->mem, "%s/verify/%s", env->account->endpoint, name),
        .bearer = env->account->api_key,
    };

    http_send(env->http, env->mem, &call, answer);
}

void gateway_ask(const struct provider_env *env, const struct provider_payment *p, struct news *out)
{
    const char *name = p->provider_ref != NULL ? p->provider_ref : p->reference;
    struct http_answer answer;

    if (!is_reference(name, PROVIDER_REF_MAX)) {
        *out = (struct news){.heard = HEARD_NOT_SENT, .code = "bad_reference"};
        return;
    }
    verify(env, name, &answer);
    gateway_read_verify(env->mem, &answer, out);
    if (p->provider_ref != NULL && out->provider_ref != NULL &&
        strcmp(p->provider_ref, out->provider_ref) != 0)
        *out = unclear("other_payment");
}

const char *gateway_probe(const struct provider_env *env)
{
    char nobodys[PROBE_RANDOM + 1];
    struct http_answer answer;

    random_text(nobodys, PROBE_RANDOM, "abcdefghijklmnopqrstuvwxyz");
    verify(env, arena_printf(env->mem, "VEZNE-TEST-%s", nobodys), &answer);
    return gateway_read_probe(env->mem, &answer);
}
