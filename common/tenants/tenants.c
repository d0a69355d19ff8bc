#include "tenants/tenants.h"

#include <stdlib.h>
#include <string.h>

enum { CACHE_SIZE = 64, HOST_MAX = 254 };

static struct remembered {
    char host[HOST_MAX];
    struct tenant tenant;
    struct utc until;
} cache[CACHE_SIZE];

static size_t slot_of(const char *host)
{
    uint32_t h = 2166136261u;
    for (; *host != '\0'; host++)
        h = (h ^ (unsigned char)*host) * 16777619u;
    return h % CACHE_SIZE;
}

static char *keep(const char *s)
{
    char *copy = strdup(s);
    if (copy == NULL)
        abort();
    return copy;
}

/* Texts of the entry that was there before are given back only here, never under a request's feet:
 * a request has its tenant from this very call. */
static void remember(struct remembered *slot, const char *host, const struct tenant *t,
                     struct utc now)
{
    free((void *)(uintptr_t)slot->tenant.code);
    free((void *)(uintptr_t)slot->tenant.name);
    memcpy(slot->host, host, strlen(host) + 1);
    slot->tenant = (struct tenant){t->id, keep(t->code), keep(t->name)};
    slot->until = utc_add_seconds(now, TENANT_CACHE_S);
}

enum err tenant_of_host(struct db *db, struct utc now, const char *host, struct tenant *out)
{
    if (host[0] == '\0' || strlen(host) >= HOST_MAX)
        return E_NO_TENANT;
    struct remembered *slot = &cache[slot_of(host)];
    bool known = slot->tenant.code != NULL && strcmp(slot->host, host) == 0;
    if (!known || utc_cmp(now, slot->until) >= 0) {
        struct tenant t;
        TRY(tenant_by_host(db, host, &t));
        remember(slot, host, &t, now);
    }
    *out = slot->tenant;
    return OK;
}
