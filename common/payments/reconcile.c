#include "payments/reconcile.h"

#include "base/log.h"
#include "notices/notice.h"
#include "run/job.h"

/* Work is read in small heaps: an answer may take a megabyte of the arena, which is emptied after each.
 * A notice gets a moment to be handled by the program that stored it. */
enum { HEAP = 5, NOTICE_AFTER_S = 60, CLAIM_AIR_S = 60 };

static void count(const struct attempt *after, struct reconcile_counts *out)
{
    out->asked++;
    out->newly_flagged += after->flag != NULL;
    switch (after->state) {
    case ATTEMPT_SUCCEEDED:
        out->paid++;
        break;
    case ATTEMPT_DECLINED:
    case ATTEMPT_VOID:
        out->declined++;
        break;
    case ATTEMPT_SENDING:
    case ATTEMPT_WAITING:
    case ATTEMPT_UNKNOWN:
        out->still_open++;
        break;
    }
}

static void tell(struct process *p, const struct attempt *a, const char *state,
                 void (*say)(const char *line))
{
    char amount[MONEY_TEXT];

    if (say == NULL)
        return;
    money_text(amount, a->amount);
    say(arena_printf(p->mem, "%s %s %s %s %s%s%s", a->id.text, a->provider, a->reference, amount,
                     state, a->flag == NULL ? "" : " ! ", a->flag == NULL ? "" : a->flag));
}

/* A failure about one attempt is logged and does not keep the others waiting. */
static enum err ask(struct process *p, const struct attempt *a, void (*say)(const char *line),
                    struct reconcile_counts *out)
{
    const struct cashier k = cashier_of(p, process_now(p));
    struct attempt after;
    enum err e = payment_ask(&k, a, FROM_RESOLVER, &after);

    if (e == E_DB_DOWN)
        return e;
    if (e != OK) {
        out->failed++;
        log_line(LOG_ERROR, "not_asked", LOG_ATTEMPT, a->id.text, LOG_CODE, err_info(e)->code,
                 LOG_END);
        tell(p, a, err_info(e)->code, say);
        return OK;
    }
    count(&after, out);
    tell(p, &after, attempt_state_names[after.state], say);
    return OK;
}

static enum err claim_and_ask(struct process *p, const struct attempt *due,
                              void (*say)(const char *line), struct reconcile_counts *out)
{
    struct utc until = utc_add_seconds(process_now(p), p->conf.provider_timeout_s + CLAIM_AIR_S);
    bool got = false;

    enum err e = attempt_claim(p->db, due, until, &got);
    if (e == E_DB_RETRY || e == E_DB_BUSY || (e == OK && !got))
        return OK; /* somebody else has it in hand */
    TRY(e);
    return ask(p, due, say, out);
}

/* One heap of attempts; *n is how many there were. */
static enum err heap_of_attempts(struct process *p, int64_t limit, void (*say)(const char *line),
                                 struct reconcile_counts *out, size_t *n)
{
    struct attempt *due;

    TRY(attempts_due(p->db, process_now(p), limit < HEAP ? limit : HEAP, &due, n));
    for (size_t i = 0; i < *n && !job_should_stop(); i++)
        TRY(claim_and_ask(p, &due[i], say, out));
    return OK;
}

/* One heap of stored notices from *from on, which moves behind it. One that can't be handled stays
 * for the next run and does not stand in the way of the others. */
static enum err heap_of_notices(struct process *p, struct inbox_place *from,
                                struct reconcile_counts *out, size_t *heap)
{
    const struct cashier k = cashier_of(p, process_now(p));
    struct inbox_item *items;
    struct attempt a;
    size_t n;

    TRY(inbox_open(p->db, p->keys, from, utc_add_seconds(k.now, -NOTICE_AFTER_S), HEAP, &items,
                   &n));
    *heap = n;
    if (n > 0)
        *from = (struct inbox_place){items[n - 1].received_at, items[n - 1].id};
    for (size_t i = 0; i < n && !job_should_stop(); i++) {
        enum err e = notice_apply(&k, &items[i], &a);
        if (e == E_DB_DOWN)
            return e;
        out->notices += e == OK;
        if (e != OK && e != E_NO_PAYMENT) {
            out->failed++;
            log_line(LOG_ERROR, "notice_not_applied", LOG_NAME, items[i].id.text, LOG_CODE,
                     err_info(e)->code, LOG_END);
        }
    }
    return OK;
}

enum err reconcile(struct process *p, int64_t limit, void (*say)(const char *line),
                   struct reconcile_counts *out)
{
    struct inbox_place from = {0};
    size_t n = HEAP;

    while (n == HEAP && !job_should_stop()) {
        TRY(heap_of_notices(p, &from, out, &n));
        arena_reset(p->mem);
    }
    n = HEAP;
    while (limit > 0 && n == HEAP && !job_should_stop()) {
        TRY(heap_of_attempts(p, limit, say, out, &n));
        limit -= (int64_t)n;
        arena_reset(p->mem);
    }
    return reconcile_list(p, 1000, NULL, &out->flagged);
}

enum err reconcile_one(struct process *p, const char *attempt_id, void (*say)(const char *line),
                       struct reconcile_counts *out)
{
    struct attempt_id id;
    struct attempt a;

    if (!uuid_parse(id.text, attempt_id))
        return E_NO_PAYMENT;
    TRY(attempt_by_id(p->db, &id, &a));
    return ask(p, &a, say, out);
}

enum err reconcile_list(struct process *p, int64_t limit, void (*say)(const char *line),
                        int64_t *count_out)
{
    struct attempt *flagged;
    size_t n;

    TRY(attempts_flagged(p->db, limit, &flagged, &n));
    for (size_t i = 0; i < n; i++)
        tell(p, &flagged[i], attempt_state_names[flagged[i].state], say);
    *count_out = (int64_t)n;
    return OK;
}
