#include "payments/settle.h"

#include <string.h>

#include "test.h"

static const struct settle_rules rules = {.void_after_s = 900};
static const struct utc created = {1700000000000000};

static struct attempt attempt_in(enum attempt_state state)
{
    return (struct attempt){.state = state,
                            .amount = KURUS(15000),
                            .currency = "TRY",
                            .reference = "TRXOURS",
                            .provider_ref = "THEIRS",
                            .mode = MODE_TEST,
                            .created_at = created};
}

/* Every state against everything that can be heard, from a side that asks (verify) within the
 * waiting window. */
static const struct {
    enum attempt_state state;
    enum settlement want[6]; /* succeeded declined waiting unknown not_found not_sent */
} table[] = {
    {ATTEMPT_SENDING,
     {SETTLE_PAID, SETTLE_DECLINED, SETTLE_WAITING, SETTLE_UNKNOWN, SETTLE_UNKNOWN,
      SETTLE_UNKNOWN}                                                                                 },
    {ATTEMPT_WAITING,
     {SETTLE_PAID, SETTLE_DECLINED, SETTLE_WAITING, SETTLE_UNKNOWN, SETTLE_UNKNOWN,
      SETTLE_UNKNOWN}                                                                                 },
    {ATTEMPT_UNKNOWN,
     {SETTLE_PAID, SETTLE_DECLINED, SETTLE_WAITING, SETTLE_UNKNOWN, SETTLE_UNKNOWN,
      SETTLE_UNKNOWN}                                                                                 },
    {ATTEMPT_SUCCEEDED,
     {SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP}                   },
    {ATTEMPT_DECLINED,
     {SETTLE_LATE, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP}                   },
    {ATTEMPT_VOID,      {SETTLE_LATE, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP, SETTLE_KEEP}},
};

static void every_state_and_every_news(void)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        for (unsigned heard = 0; heard < 6; heard++) {
            const struct attempt a = attempt_in(table[i].state);
            const struct news news = {.heard = heard};
            enum settlement got = settle(&a, &news, FROM_VERIFY, created, &rules);
            CHECK_THAT(got == table[i].want[heard], "state %zu, heard %u: %s", i, heard,
                       settlement_names[got]);
        }
    }
}

static void our_own_call_was_not_sent(void)
{
    const struct attempt a = attempt_in(ATTEMPT_SENDING);
    const struct news news = {.heard = HEARD_NOT_SENT};

    CHECK_THAT(settle(&a, &news, FROM_ANSWER, created, &rules) == SETTLE_VOID, "the payment");
    CHECK_THAT(settle(&a, &news, FROM_RESOLVER, created, &rules) == SETTLE_UNKNOWN, "a question");
}

static void not_found_counts_after_the_window(void)
{
    struct attempt a = attempt_in(ATTEMPT_UNKNOWN);
    const struct news news = {.heard = HEARD_NOT_FOUND};

    CHECK_THAT(settle(&a, &news, FROM_RESOLVER, utc_add_seconds(created, 9000), &rules) ==
                   SETTLE_UNKNOWN,
               "they knew it once");
    a.asks = 11;
    CHECK_THAT(settle(&a, &news, FROM_RESOLVER, utc_add_seconds(created, 9000), &rules) ==
                   SETTLE_GIVE_UP,
               "so in the end a person must look");
    a.asks = 0;
    a.provider_ref = NULL;

    CHECK_THAT(settle(&a, &news, FROM_RESOLVER, utc_add_seconds(created, 899), &rules) ==
                   SETTLE_UNKNOWN,
               "too early");
    CHECK_THAT(settle(&a, &news, FROM_RESOLVER, utc_add_seconds(created, 900), &rules) ==
                   SETTLE_VOID,
               "now it counts");
}

/* One thing told wrongly at a time: never paid. */
static void another_payment_is_never_ours(void)
{
    static const struct {
        const char *word;
        struct news news;
    } cases[] = {
        {"amount",       {.tells_amount = true, .amount = {14999}}},
        {"currency",     {.currency = "USD"}                      },
        {"reference",    {.reference = "TRXOTHER"}                },
        {"mode",         {.tells_mode = true, .mode = MODE_LIVE}  },
        {"provider_ref", {.provider_ref = "OTHER"}                },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct news news = cases[i].news;
        const struct attempt open = attempt_in(ATTEMPT_WAITING), over = attempt_in(ATTEMPT_VOID);
        news.heard = HEARD_SUCCEEDED;
        const char *word = news_mismatch(&open, &news);
        CHECK_THAT(word != NULL && strcmp(word, cases[i].word) == 0, "%s", cases[i].word);
        CHECK_THAT(settle(&open, &news, FROM_NOTICE, created, &rules) == SETTLE_MISMATCH, "%s",
                   cases[i].word);
        CHECK_THAT(settle(&over, &news, FROM_NOTICE, created, &rules) == SETTLE_MISMATCH, "%s",
                   cases[i].word);
        news.heard = HEARD_DECLINED;
        CHECK_THAT(settle(&open, &news, FROM_NOTICE, created, &rules) == SETTLE_UNKNOWN, "%s",
                   cases[i].word);
    }
    const struct attempt a = attempt_in(ATTEMPT_WAITING);
    const struct news all_right = {.heard = HEARD_SUCCEEDED,
                                   .tells_amount = true,
                                   .amount = {15000},
                                   .currency = "TRY",
                                   .reference = "TRXOURS",
                                   .provider_ref = "THEIRS",
                                   .tells_mode = true,
                                   .mode = MODE_TEST};
    CHECK_THAT(settle(&a, &all_right, FROM_NOTICE, created, &rules) == SETTLE_PAID, "all told");
}

static void pauses_grow_and_end(void)
{
    static const int64_t want[] = {60,    300,   900,   3600,  86400, 86400,
                                   86400, 86400, 86400, 86400, 86400};
    for (size_t i = 0; i < COUNT(want); i++)
        CHECK_THAT(next_ask(created, (int64_t)i).us == created.us + want[i] * 1000000, "%zu", i);
    CHECK_THAT(next_ask(created, COUNT(want)).us == 0, "then a person");
}

static void asked_long_enough(void)
{
    struct attempt a = attempt_in(ATTEMPT_WAITING);
    const struct news unknown = {.heard = HEARD_UNKNOWN}, waiting = {.heard = HEARD_WAITING};

    a.asks = 11;
    CHECK_THAT(settle(&a, &unknown, FROM_RESOLVER, created, &rules) == SETTLE_GIVE_UP, "a person");
    CHECK_THAT(settle(&a, &waiting, FROM_RESOLVER, created, &rules) == SETTLE_VOID, "abandoned");
    CHECK_THAT(settle(&a, &unknown, FROM_VERIFY, created, &rules) == SETTLE_UNKNOWN, "by chance");
    a.asks = 10;
    CHECK_THAT(settle(&a, &unknown, FROM_RESOLVER, created, &rules) == SETTLE_UNKNOWN, "not yet");
}

int main(void)
{
    RUN(every_state_and_every_news);
    RUN(our_own_call_was_not_sent);
    RUN(not_found_counts_after_the_window);
    RUN(another_payment_is_never_ours);
    RUN(pauses_grow_and_end);
    RUN(asked_long_enough);
    return test_result();
}
