#include "catalog/catalog.h"

#include <string.h>

#include "operator/demo_sql.h"
#include "run/process.h"
#include "tenants/tenants.h"
#include "test.h"

SQL_EXEC(sql_take_off_sale, "UPDATE products SET is_active = 0 WHERE tenant_id = ? AND slug = ?");
SQL_EXEC(sql_stop_sending,
         "UPDATE shipping_methods SET is_active = 0 WHERE tenant_id = ? AND code = ?");

static struct process process;
static struct db *db;
static struct tenant_id shop, other;
static struct utc noon = {1767225600000000}; /* 2026-01-01 */

/* First letters tell the order in which they must be listed; the three cde are of the same moment. */
// clang-format off
static const struct made {
    const char *slug, *name, *description;
    int seconds;
} made[] = {
    {"a",   "Çay Bardağı",    "Altı adet",        50},
    {"b",   "Kahve Fincanı",  "%100 porselen",    40},
    {"cde", "Kahve",          "taze",             30},
    {"cde", "Şeker_li",       "",                 30},
    {"cde", "Seker\\li",      "",                 30},
    {"f",   "Ihlamur",        "kahve değil",      20},
    {"g",   "Tavla",          "İki kişilik oyun", 10},
};
// clang-format on

static void make_shops(void)
{
    CHECK_THAT(tenant_add(db, "catalog-test", "Shop", noon, &shop) == OK, "tenant");
    CHECK_THAT(tenant_add(db, "catalog-other", "Other", noon, &other) == OK, "tenant");
    for (size_t i = 0; i < COUNT(made); i++) {
        const struct demo_product p = {
            .name = made[i].name,
            .slug = arena_printf(process.mem, "%s-%zu", made[i].slug, i),
            .description = made[i].description,
            .price = KURUS(1000),
            .stock = (int64_t)i,
            .tax_rate = {2000},
        };
        struct utc at = utc_add_seconds(noon, made[i].seconds);
        CHECK_THAT(demo_product_insert(db, shop, &p, at) == OK, "%s", p.slug);
        CHECK_THAT(demo_product_insert(db, shop, &p, at) == E_DUPLICATE, "%s", p.slug);
    }
    const struct demo_product hidden = {"Kahve", "hidden", "", KURUS(1), 1, {0}};
    CHECK_THAT(demo_product_insert(db, shop, &hidden, noon) == OK, "hidden");
    CHECK_THAT(db_exec(db, sql_take_off_sale, P(&shop), P("hidden")) == OK, "hidden");
    const struct demo_product foreign = {"Kahve", "foreign", "", KURUS(1), 1, {0}};
    CHECK_THAT(demo_product_insert(db, other, &foreign, noon) == OK, "foreign");
}

/* First letters of the slugs, in the order of the list. */
static const char *listed(struct tenant_id tenant, const struct product_query *query)
{
    struct product *rows;
    size_t n = 0;

    if (products_for_sale(db, tenant, query, &rows, &n) != OK)
        return "(error)";
    char *letters = NEW_N(process.mem, char, n + 1);
    for (size_t i = 0; i < n; i++)
        letters[i] = rows[i].slug[0];
    return letters;
}

static void newest_first(void)
{
    const char *all = listed(shop, &(struct product_query){.limit = 100});
    CHECK_THAT(strcmp(all, "abcccfg") == 0, "%s", all);
    const char *two = listed(shop, &(struct product_query){.limit = 2});
    CHECK_THAT(strcmp(two, "ab") == 0, "%s", two);
    const char *foreign = listed(other, &(struct product_query){.limit = 100});
    CHECK_THAT(strcmp(foreign, "f") == 0, "%s", foreign);
}

/* Whatever the size of a page, each row comes once, also where moments are the same. */
static void every_page(void)
{
    struct product *all, *rows;
    size_t total, n;

    CHECK_THAT(products_for_sale(db, shop, &(struct product_query){.limit = 100}, &all, &total) ==
                   OK,
               "all");
    for (int64_t size = 1; size <= (int64_t)total; size++) {
        struct product_query query = {.limit = size};
        size_t seen = 0;
        do {
            CHECK_THAT(products_for_sale(db, shop, &query, &rows, &n) == OK, "page");
            for (size_t i = 0; i < n; i++, seen++)
                CHECK_THAT(seen < total && strcmp(rows[i].id.text, all[seen].id.text) == 0,
                           "page of %lld, row %zu", (long long)size, seen);
            if (n > 0) {
                query.before = rows[n - 1].created_at;
                query.before_id = rows[n - 1].id.text;
            }
        } while (n > 0 && seen <= total);
        CHECK_THAT(seen == total, "pages of %lld: %zu rows", (long long)size, seen);
    }
}

static const struct {
    const char *search, *found;
} search_cases[] = {
    {"",        "abcccfg"},
    {"kahve",   "bcf"    }, /* name and description */
    {"KAHVE",   "bcf"    },
    {"çay",    "a"      },
    {"seker",   "cc"     }, /* the collation takes Ş for S */
    {"%",       "b"      }, /* no wildcard */
    {"_",       "c"      },
    {"\\",      "c"      },
    {"' OR 1=", ""       },
    {"yok",     ""       },
};

static void search(void)
{
    for (size_t i = 0; i < COUNT(search_cases); i++) {
        const struct product_query query = {.search = search_cases[i].search, .limit = 100};
        const char *found = listed(shop, &query);
        CHECK_THAT(strcmp(found, search_cases[i].found) == 0, "\"%s\": %s", search_cases[i].search,
                   found);
    }
}

static void one_product(void)
{
    struct product *rows, p;
    struct product_id unknown;
    size_t n;

    CHECK_THAT(products_for_sale(db, shop, &(struct product_query){.limit = 1}, &rows, &n) == OK,
               "list");
    CHECK_THAT(product_for_sale(db, shop, &rows[0].id, &p) == OK, "one");
    CHECK_THAT(strcmp(p.name, "Çay Bardağı") == 0 && strcmp(p.currency, "TRY") == 0 &&
                   p.price.kurus == 1000 && p.stock == 0 && p.image_url == NULL,
               "%s", p.name);
    CHECK_THAT(product_for_sale(db, other, &rows[0].id, &p) == E_NO_PRODUCT, "another tenant's");
    uuid_new(unknown.text);
    CHECK_THAT(product_for_sale(db, shop, &unknown, &p) == E_NO_PRODUCT, "unknown");
}

/* The three of the same price are in the order of their names. */
static const struct demo_shipping sent[] = {
    {"Hızlı",  "fast",   {9990}, {0}    },
    {"Zarf",     "letter", {4990}, {0}    },
    {"Standart", "usual",  {4990}, {75000}},
    {"Emanet",   "locker", {4990}, {100}  },
    {"Eski",     "gone",   {100},  {0}    },
    {"Gel al",   "pickup", {0},    {0}    },
};

static void offered_shipping(void)
{
    static const char *const wanted[] = {"pickup", "locker", "usual", "letter", "fast"};
    struct shipping_method *rows;
    size_t n = 9;

    CHECK_THAT(shipping_methods_offered(db, shop, &rows, &n) == OK && n == 0, "none yet: %zu", n);
    for (size_t i = 0; i < COUNT(sent); i++)
        CHECK_THAT(demo_shipping_insert(db, shop, &sent[i], noon) == OK, "%s", sent[i].code);
    CHECK_THAT(demo_shipping_insert(db, other, &sent[0], noon) == OK, "another tenant's");
    CHECK_THAT(db_exec(db, sql_stop_sending, P(&shop), P("gone")) == OK, "gone");
    CHECK_THAT(shipping_methods_offered(db, shop, &rows, &n) == OK && n == COUNT(wanted), "%zu", n);
    for (size_t i = 0; i < n && i < COUNT(wanted); i++)
        CHECK_THAT(strcmp(rows[i].code, wanted[i]) == 0 && rows[i].is_active, "%zu: %s", i,
                   rows[i].code);
    CHECK_THAT(rows[2].free_from.kurus == 75000 && rows[3].free_from.kurus < 0, "from when free");
    CHECK_THAT(shipping_methods_offered(db, other, &rows, &n) == OK && n == 1, "%zu", n);
}

int main(void)
{
    if (!process_start(&process, "catalog_test", NEEDS_NO_KEY) || db_begin(process.db) != OK)
        return 1;
    db = process.db;
    RUN(make_shops);
    RUN(newest_first);
    RUN(every_page);
    RUN(search);
    RUN(one_product);
    RUN(offered_shipping);
    process_end(&process);
    return test_result();
}
