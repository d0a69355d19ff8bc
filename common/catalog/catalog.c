#include "catalog/catalog.h"

#include <string.h>

#include "base/text.h"
#include "catalog/catalog_sql.h"

static const char *like_operand(struct arena *mem, const char *search)
{
    if (search == NULL || *search == '\0')
        return NULL;
    size_t size = 2 * strlen(search) + 3;
    char *like = NEW_N(mem, char, size);
    return text_like_escape(like, size, search) ? like : NULL;
}

enum err products_for_sale(struct db *db, struct tenant_id tenant,
                           const struct product_query *query, struct product **out, size_t *n)
{
    const char *like = like_operand(db_arena(db), query->search);
    return products_select(db, tenant, like, query, out, n);
}

enum err product_for_sale(struct db *db, struct tenant_id tenant, const struct product_id *id,
                          struct product *out)
{
    enum err e = product_select(db, tenant, id, out);
    return e == E_NOT_FOUND ? E_NO_PRODUCT : e;
}

enum err shipping_methods_offered(struct db *db, struct tenant_id tenant,
                                  struct shipping_method **out, size_t *n)
{
    return shipping_methods_select_active(db, tenant, out, n);
}
