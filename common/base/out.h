#ifndef BASE_OUT_H
#define BASE_OUT_H
#include <stddef.h>
#include <stdint.h>

/*
 * Text put together piece by piece in a buffer of fixed size, for what is written on every request
 * (the log line, the head of an answer): a printf there was a third of the program's own time.
 * What does not fit is cut; nothing is NUL-terminated.
 */
struct out {
    char *text;
    size_t len, room;
};

void out_bytes(struct out *o, const char *s, size_t n);
void out_text(struct out *o, const char *s);
void out_number(struct out *o, int64_t n);

#endif
