#include "payments/providers/provider.h"

#include <string.h>

#include "payments/providers/kuveyt.h"

const char *const pay_mode_names[] = {"test", "live", NULL};
const char *const heard_names[] = {"succeeded", "declined", "waiting", "unknown",
                                   "not_found", "not_sent", NULL};

static const struct {
    const char *name;
    const struct provider *provider;
} providers[] = {
    {"kuveyt", &provider_kuveyt},
    {"kuwait", &provider_kuveyt},
};

const struct provider *provider_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(providers); i++)
        if (strcmp(providers[i].name, name) == 0)
            return providers[i].provider;
    return NULL;
}
