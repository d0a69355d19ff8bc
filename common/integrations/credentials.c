#include "integrations/credentials.h"

#include <string.h>

#include "integrations/integrations_sql.h"

static struct envelope_place place(const struct credential *c, struct tenant_id tenant,
                                   const char *column)
{
    return (struct envelope_place){"credentials", column, c->id.text, tenant.v};
}

static struct sealed seal(const struct process *p, const struct credential *c,
                          struct tenant_id tenant, const char *column, const char *secret)
{
    const struct envelope_place at = place(c, tenant, column);
    struct sealed out = {0};

    if (secret != NULL)
        envelope_seal(p->keys, db_arena(p->db), &at, secret, &out);
    return out;
}

static enum err open_one(struct db *db, const struct keyring *keys, const struct credential *c,
                         struct tenant_id tenant, const char *column, struct sealed in,
                         const char **out)
{
    const struct envelope_place at = place(c, tenant, column);

    *out = NULL;
    return in.data == NULL ? OK : envelope_open(keys, db_arena(db), &at, in, out);
}

/* The end of a key, for people to tell keys apart; of a short one it would give too much away. */
static const char *last4(struct arena *mem, const char *key)
{
    size_t len = key == NULL ? 0 : strlen(key);

    return len < INTEGRATION_LAST4_FROM ? NULL : arena_strdup(mem, key + len - 4);
}

enum err credential_add(const struct process *p, struct tenant_id tenant, struct utc now,
                        const struct integration_id *integration, const struct credential_id *id,
                        const struct secrets *s)
{
    struct credential c = {.id = *id, .integration_id = *integration};

    c.api_key = seal(p, &c, tenant, "api_key", s->api_key);
    c.api_key_last4 = last4(db_arena(p->db), s->api_key);
    c.api_secret = seal(p, &c, tenant, "api_secret", s->api_secret);
    return credential_insert(p->db, tenant, &c, now);
}

enum err credential_open(struct db *db, const struct keyring *keys, struct tenant_id tenant,
                         const struct credential_id *id, struct secrets *out)
{
    struct credential c;

    enum err e = credential_select(db, tenant, id, &c);
    if (e != OK)
        return e == E_NOT_FOUND ? E_SEALED : e;
    TRY(open_one(db, keys, &c, tenant, "api_key", c.api_key, &out->api_key));
    return open_one(db, keys, &c, tenant, "api_secret", c.api_secret, &out->api_secret);
}
