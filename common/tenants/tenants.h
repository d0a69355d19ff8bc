#ifndef TENANTS_TENANTS_H
#define TENANTS_TENANTS_H
#include "db/db.h"

/* A business with its own hosts, users, integrations and data (contract section 2). */
struct tenant {
    struct tenant_id id;
    const char *code; /* lower case; in upper case part of order numbers */
    const char *name;
};

/* By host name: lower case, without port. E_NO_TENANT when unknown or switched off. */
enum err tenant_by_host(struct db *db, const char *host, struct tenant *out);

/*
 * The same, remembered by this process for TENANT_CACHE_S seconds: every request needs it and only
 * the operator's command changes it, so a switched-off tenant may be served that much longer. Texts
 * live until the process ends.
 */
enum { TENANT_CACHE_S = 10 };
enum err tenant_of_host(struct db *db, struct utc now, const char *host, struct tenant *out);

enum err tenant_by_code(struct db *db, const char *code, struct tenant *out);
enum err tenant_add(struct db *db, const char *code, const char *name, struct utc now,
                    struct tenant_id *out);
enum err tenant_add_host(struct db *db, struct tenant_id tenant, const char *host);

#endif
