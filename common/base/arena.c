#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *arg;
};

struct arena {
    char *base;
    size_t used;
    size_t limit;
    struct deferred *deferred;
};

static _Noreturn void out_of_memory(const char *what, size_t bytes)
{
    fprintf(stderr, "arena: %s (%zu bytes)\n", what, bytes);
    abort();
}

struct arena *arena_new(size_t limit)
{
    struct arena *a = calloc(1, sizeof(*a));
    if (a == NULL)
        out_of_memory("no memory", sizeof(*a));
    void *base = mmap(NULL, limit, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        out_of_memory("no memory", limit);
    a->base = base;
    a->limit = limit;
    return a;
}

void arena_reset(struct arena *a)
{
    /* A deferred call may itself look at arena memory, so they all run before the wipe. */
    while (a->deferred != NULL) {
        struct deferred *d = a->deferred;
        a->deferred = d->next;
        d->fn(d->arg);
    }
    explicit_bzero(a->base, a->used);
    a->used = 0;
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    arena_reset(a);
    munmap(a->base, a->limit);
    free(a);
}

void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align)
{
    size_t pad = -(uintptr_t)(a->base + a->used) & (align - 1);
    size_t left = a->limit - a->used;

    if (pad > left || (size != 0 && count > (left - pad) / size))
        out_of_memory("the limit of a request is reached", a->limit);
    void *p = a->base + a->used + pad;
    a->used += pad + count * size;
    return p;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
    struct deferred *d = NEW(a, struct deferred);
    *d = (struct deferred){a->deferred, fn, arg};
    a->deferred = d;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
    char *p = NEW_N(a, char, len + 1);
    memcpy(p, s, len);
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    char *p = NEW_N(a, char, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}
