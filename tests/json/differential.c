/*
 * X14: json_check() against json-c (strict) and jansson on generated documents.
 *
 * What the checker accepts both must accept, and all must understand the same: keys, strings byte
 * by byte, integers, other numbers by value and by the text that json-c keeps. Documents made valid
 * must be accepted, those made with a fault refused, and every kind of fault must have come up.
 *
 *   SEED=n   where to begin (printed; otherwise from the clock)
 *   DOCS=n   how many (1000000)
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json_check.h"
#include "generate.h"
#include "test.h"
#include "tree.h"

enum { FAULTS = JSON_TRAILING + 1, FAMILIES = 44, SHOWN = 10 };

static struct doc doc;
static struct tree json_c, jansson, kept, wanted;
static unsigned long seen[FAULTS], families[FAMILIES], lax_json_c, lax_jansson, bytes;

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static bool same(const struct tree *a, const struct tree *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* What is wrong with the document's treatment; NULL: nothing. */
static const char *compare(enum json_fault fault)
{
    bool by_json_c = tree_json_c(&json_c, &kept, doc.text, doc.len);
    bool by_jansson = tree_jansson(&jansson, doc.text, doc.len);

    if (fault != JSON_OK) {
        lax_json_c += by_json_c;
        lax_jansson += by_jansson;
        return doc.expect == ACCEPT ? "refused, but made valid" : NULL;
    }
    if (doc.expect == REFUSE)
        return "accepted, but made with a fault";
    if (!by_json_c)
        return "json-c refuses it";
    if (!by_jansson)
        return "jansson refuses it";
    if (!same(&json_c, &jansson))
        return "json-c and jansson read different values";
    tree_numbers(&wanted, doc.text, doc.len);
    return same(&kept, &wanted) ? NULL : "json-c changed the text of a number";
}

static void show(uint64_t number, const char *wrong, enum json_fault fault)
{
    if (test_failed > SHOWN)
        return;
    printf("SEED=%" PRIu64 " DOCS=1 family %d, %s: %s: ", number, doc.family,
           json_fault_name(fault), wrong);
    for (size_t i = 0; i < doc.len && i < 500; i++)
        printf(doc.text[i] >= ' ' && doc.text[i] < 0x7F ? "%c" : "<%02X>",
               (unsigned char)doc.text[i]);
    printf("\n");
}

int main(void)
{
    uint64_t seed = number_of("SEED", (uint64_t)time(NULL) << 32),
             docs = number_of("DOCS", 1000000);

    printf("SEED=%" PRIu64 " DOCS=%" PRIu64 "\n", seed, docs);
    for (uint64_t i = 0; i < docs; i++) {
        generate(&doc, seed + i);
        enum json_fault fault = json_check(doc.text, doc.len).fault;
        const char *wrong = compare(fault);
        seen[fault]++;
        families[doc.family]++;
        bytes += doc.len;
        test_passed += !wrong;
        test_failed += !!wrong;
        if (wrong)
            show(seed + i, wrong, fault);
    }
    for (int f = 0; f < FAULTS; f++) {
        printf("%8lu %s\n", seen[f], f == JSON_OK ? "accepted" : json_fault_name(f));
        if (docs >= 100000)
            CHECK_THAT(seen[f] > 0, "never happened: %s", json_fault_name(f));
    }
    for (int f = 25; f < FAMILIES; f++)
        if (docs >= 100000)
            CHECK_THAT(families[f] > 0, "never made: family %d", f);
    printf("%8lu bytes on average\n", docs ? bytes / docs : 0);
    printf("%8lu refused here, taken by json-c; %lu by jansson\n", lax_json_c, lax_jansson);
    return test_result();
}
