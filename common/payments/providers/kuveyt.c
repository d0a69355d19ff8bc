#include "payments/providers/kuveyt.h"

#include <string.h>

#include "payments/providers/kuveyt_gateway.h"
#include "web/url.h"

struct driver {
    const char *name;
    void (*start)(const struct provider_env *env, const struct provider_payment *p,
                  struct news *out);
    void (*ask)(const struct provider_env *env, const struct provider_payment *p, struct news *out);
    const char *(*probe)(const struct provider_env *env);
};

static const struct driver drivers[] = {
    {"gateway",        gateway_start, gateway_ask, gateway_probe},
    {"secure_payment", NULL,          NULL,        NULL         },
    {"vpos_3d",        NULL,          NULL,        NULL         },
};

static const struct driver *driver_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(drivers); i++)
        if (strcmp(drivers[i].name, name) == 0)
            return &drivers[i];
    return NULL;
}

static bool is_bank_host(const char *host)
{
    static const char bank[] = "kuveytturk.com.tr";
    size_t len = strlen(host), tail = strlen(bank);

    return len >= tail && strcmp(host + len - tail, bank) == 0 &&
           (len == tail || host[len - tail - 1] == '.');
}

/* Whatever the account names; "" when that is no text. */
static const char *wanted_driver(const struct provider_env *env)
{
    struct json_object *given = NULL;
    struct url url;

    if (env->account->driver != NULL)
        return env->account->driver;
    if (json_object_object_get_ex(env->account->config, "driver", &given) && given != NULL)
        return json_object_is_type(given, json_type_string) ? json_object_get_string(given) : "";
    if (url_parse(env->mem, env->account->endpoint, &url) != NULL)
        return "";
    return is_bank_host(url.host) ? "secure_payment" : "gateway";
}

/* Only names of ours come out: this one is stored. */
static const char *driver_name(const struct provider_env *env)
{
    const struct driver *d = driver_by_name(wanted_driver(env));

    return d == NULL ? "unknown" : d->name;
}

/* NULL: not one that we have. */
static const struct driver *pick(const struct provider_env *env)
{
    const struct driver *d = driver_by_name(wanted_driver(env));

    return d == NULL || d->start == NULL ? NULL : d;
}

static const struct news unsupported = {.heard = HEARD_NOT_SENT, .code = "driver_unsupported"};

static void start(const struct provider_env *env, const struct provider_payment *p,
                  struct news *out)
{
    const struct driver *d = pick(env);

    *out = unsupported;
    if (d != NULL)
        d->start(env, p, out);
}

static void ask(const struct provider_env *env, const struct provider_payment *p, struct news *out)
{
    const struct driver *d = pick(env);

    *out = unsupported;
    if (d != NULL)
        d->ask(env, p, out);
}

static const char *probe(const struct provider_env *env)
{
    const struct driver *d = pick(env);

    return d == NULL ? "unsupported" : d->probe(env);
}

const struct provider provider_kuveyt = {
    .name = "kuveyt",
    .driver = driver_name,
    .start_takes_money = false,
    .start = start,
    .ask = ask,
    .refund = NULL, /* P0 has no such call; the other drivers bring theirs */
    .probe = probe,
};
