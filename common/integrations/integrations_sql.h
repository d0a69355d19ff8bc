#ifndef INTEGRATIONS_INTEGRATIONS_SQL_H
#define INTEGRATIONS_INTEGRATIONS_SQL_H
#include "integrations/integrations.h"

/* Both secrets of an integration as they were at one time. */
struct credential {
    struct credential_id id;
    struct integration_id integration_id;
    struct sealed api_key, api_secret; /* data NULL = none */
    const char *api_key_last4;
};

/* `mode` and `endpoint` are left alone by all of these. E_NOT_FOUND when there is none. */
enum err integration_select(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                            struct integration *out);
enum err integration_select_kept(struct db *db, struct tenant_id tenant,
                                 const struct integration_id *id, struct integration *out);
enum err integration_lock(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct integration *out);
enum err integration_select_payable(struct db *db, struct tenant_id tenant,
                                    const char *provider_type, struct integration *out);
enum err integration_select_page(struct db *db, struct tenant_id tenant,
                                 const struct integration_filter *f, struct integration **out,
                                 size_t *n);

/* E_DUPLICATE: the name is taken. */
enum err integration_insert(struct db *db, struct tenant_id tenant, const struct integration *i,
                            struct utc now);
enum err integration_update(struct db *db, struct tenant_id tenant, const struct integration *i,
                            struct utc now);

enum err integration_hide(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct utc now);
enum err integration_note_use(struct db *db, struct tenant_id tenant,
                              const struct integration_id *id, struct utc now);
enum err integration_note_error(struct db *db, struct tenant_id tenant,
                                const struct integration_id *id, const char *error);

enum err credential_insert(struct db *db, struct tenant_id tenant, const struct credential *c,
                           struct utc now);
enum err credential_select(struct db *db, struct tenant_id tenant, const struct credential_id *id,
                           struct credential *out);

#endif
