#ifndef FUZZ_H
#define FUZZ_H
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a fuzz target needs. Input comes as a copy on the heap, without a spare byte, so that the
 * sanitizer sees a step too far; a promise of the header that does not hold is an abort().
 */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define HOLDS(cond)  \
    do {             \
        if (!(cond)) \
            abort(); \
    } while (0)

/* The input and a NUL; for a parser of strings it ends at its first NUL. The caller frees. */
static inline char *fuzz_text(const unsigned char *data, size_t size)
{
    char *text = malloc(size + 1);

    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}
#endif
