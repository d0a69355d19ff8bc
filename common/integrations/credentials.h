#ifndef INTEGRATIONS_CREDENTIALS_H
#define INTEGRATIONS_CREDENTIALS_H
#include "integrations/integrations.h"

/* The table `credentials`: both secrets of an integration at one time, sealed to their row. */
struct secrets {
    const char *api_key, *api_secret; /* NULL = none */
};

/* A new row with this id. */
enum err credential_add(const struct process *p, struct tenant_id tenant, struct utc now,
                        const struct integration_id *integration, const struct credential_id *id,
                        const struct secrets *s);

/* Texts live in the db's arena. E_SEALED: no such row, or what is there can't be opened. */
enum err credential_open(struct db *db, const struct keyring *keys, struct tenant_id tenant,
                         const struct credential_id *id, struct secrets *out);

#endif
