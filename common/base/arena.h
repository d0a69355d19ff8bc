#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stddef.h>

/*
 * Memory of one request (or of one item of a cron job): taken piece by piece, given back all at once.
 *
 * Pieces are zeroed. Allocation never returns NULL: the limit is far above what any request may
 * need, so reaching it is a bug of ours, and the program logs and aborts. What was used is wiped on
 * reset, so that no secret of one request is left for the next.
 */
struct arena;

/* `limit` bytes are reserved; the kernel hands out pages only as they are used. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *a); /* NULL is fine */

/* Runs the deferred calls, newest first, wipes and empties. */
void arena_reset(struct arena *a);

void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align);

/* `fn(arg)` is called by the next reset: for what was malloc'd elsewhere (json-c, curl). */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);

/* Copies with a NUL at the end. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define NEW(a, type)      ((type *)arena_alloc((a), 1, sizeof(type), _Alignof(type)))
#define NEW_N(a, type, n) ((type *)arena_alloc((a), (n), sizeof(type), _Alignof(type)))

#endif
