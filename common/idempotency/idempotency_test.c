#include "idempotency/idempotency.h"

#include <string.h>

#include "run/process.h"
#include "tenants/tenants.h"
#include "test.h"

static struct process process;
static struct tenant_id tenant;
static const uint8_t me[SHA256_SIZE] = {1}, somebody[SHA256_SIZE] = {2};
static const struct utc start = {1700000000000000};

static struct idem_key key_of(const uint8_t *owner, const char *text, uint8_t request)
{
    struct idem_key k = {.tenant = tenant, .owner = owner, .text = text};
    k.request_hash[0] = request;
    return k;
}

static enum err begin_at(struct idem_key *k, int64_t seconds, enum idem *how,
                         struct idem_answer *answer)
{
    return idem_begin(process.db, k, utc_add_seconds(start, seconds), 10, how, answer);
}

static void the_first_answer_again(void)
{
    struct idem_key k = key_of(me, "a", 1), other = key_of(me, "a", 2),
                    theirs = key_of(somebody, "a", 2);
    const struct idem_answer said = {201, "{\"n\":1}"};
    struct idem_answer answer = {0};
    enum idem how;

    CHECK_THAT(begin_at(&k, 0, &how, &answer) == OK && how == IDEM_FIRST, "first");
    CHECK_THAT(begin_at(&other, 1, &how, &answer) == E_KEY_REUSED,
               "another request, still running");
    CHECK_THAT(begin_at(&theirs, 1, &how, &answer) == OK && how == IDEM_FIRST, "another's key");
    struct idem_key twice = k;
    CHECK_THAT(begin_at(&twice, 9, &how, &answer) == E_KEY_RUNNING, "within the lease");
    CHECK_THAT(idem_done(process.db, &k, &said) == OK, "kept");
    CHECK_THAT(begin_at(&k, 3600, &how, &answer) == OK && how == IDEM_ANSWERED, "asked again");
    CHECK_THAT(answer.status == 201 && strcmp(answer.body, said.body) == 0, "%s", answer.body);
    CHECK_THAT(begin_at(&other, 3600, &how, &answer) == E_KEY_REUSED, "another request");
}

static void whoever_took_over_has_the_answer(void)
{
    struct idem_key slow = key_of(me, "b", 1), next = slow;
    const struct idem_answer late = {201, "late"}, right = {201, "right"};
    struct idem_answer answer = {0};
    enum idem how;

    CHECK_THAT(begin_at(&slow, 0, &how, &answer) == OK, "begun, and slow");
    CHECK_THAT(begin_at(&next, 10, &how, &answer) == OK && how == IDEM_AGAIN, "taken over");
    CHECK_THAT(idem_done(process.db, &slow, &late) == E_KEY_RUNNING, "too late to answer");
    CHECK_THAT(idem_forget(process.db, &slow) == OK && db_changed(process.db) == 0, "or to forget");
    CHECK_THAT(idem_done(process.db, &next, &right) == OK, "answered");
    CHECK_THAT(begin_at(&slow, 11, &how, &answer) == OK && strcmp(answer.body, "right") == 0, "%s",
               answer.body);
}

static void nothing_happened(void)
{
    struct idem_key k = key_of(me, "c", 1);
    struct idem_answer answer;
    enum idem how;

    CHECK_THAT(begin_at(&k, 0, &how, &answer) == OK, "begun");
    CHECK_THAT(idem_forget(process.db, &k) == OK, "forgotten");
    CHECK_THAT(begin_at(&k, 1, &how, &answer) == OK && how == IDEM_FIRST, "free again");
}

static void forms(void)
{
    static const struct {
        const char *text;
        enum err want;
    } cases[] = {
        {"a",                                                                 OK       },
        {"with space ~",                                                      OK       },
        {"",                                                                  E_KEY_BAD},
        {"tab\there",                                                         E_KEY_BAD},
        {"ş",                                                                E_KEY_BAD},
        {"0123456789012345678901234567890123456789012345678901234567890123",  OK       },
        {"0123456789012345678901234567890123456789012345678901234567890123x", E_KEY_BAD},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_THAT(idem_check(cases[i].text) == cases[i].want, "%s", cases[i].text);
}

int main(void)
{
    if (!process_start(&process, "idempotency_test", NEEDS_NO_KEY) || db_begin(process.db) != OK ||
        tenant_add(process.db, "idem-test", "Idem", start, &tenant) != OK)
        return 1;
    RUN(the_first_answer_again);
    RUN(whoever_took_over_has_the_answer);
    RUN(nothing_happened);
    RUN(forms);
    process_end(&process);
    return test_result();
}
