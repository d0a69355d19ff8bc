#ifndef GENERATE_H
#define GENERATE_H
#include <stddef.h>
#include <stdint.h>

/* What the checker must say of a generated document. */
enum expect { ACCEPT, REFUSE, EITHER };

struct doc {
    enum expect expect;
    int family; /* of bad input, 25 to 43; 5 too large; 0 none: valid, or damaged at random */
    size_t len;
    char text[256 * 1024];
};

/*
 * The document with this number, always the same for the same number: one in three valid, one in
 * three with a fault of one family, one in three damaged in a few bytes.
 */
void generate(struct doc *d, uint64_t number);
#endif
