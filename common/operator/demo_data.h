#ifndef OPERATOR_DEMO_DATA_H
#define OPERATOR_DEMO_DATA_H
#include "accounts/accounts.h"
#include "operator/demo_sql.h"

/* The two shops of contract section 8. Lists end with an entry whose first member is NULL. */
struct demo_user {
    const char *email, *first_name, *last_name;
    enum user_role role;
    int64_t agency_id;
};

struct demo_shop {
    const char *code, *name;
    const char *const *hosts;
    const struct demo_user *users;
    const struct demo_product *products; /* in the order in which they are listed */
    const struct demo_shipping *shipping;
};
extern const struct demo_shop demo_shops[2];

#define DEMO_PASSWORD "vezne-demo-parola"

#endif
