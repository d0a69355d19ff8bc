#include <assert.h>
#include <limits.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

void random_bytes(void *out, size_t n)
{
    if (n > INT_MAX || RAND_bytes(out, (int)n) != 1) {
        fprintf(stderr, "random: the system gives no random bytes\n");
        abort();
    }
}

uint32_t random_below(uint32_t n)
{
    assert(n > 0);
    /* 2^32 mod n: below it, small results would have one chance more than large ones. */
    uint32_t skip = -n % n;
    uint32_t r;

    do
        random_bytes(&r, sizeof(r));
    while (r < skip);
    return r % n;
}

void random_text(char *out, size_t n, const char *alphabet)
{
    size_t letters = strlen(alphabet);

    assert(letters > 0 && letters <= 256);
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[random_below((uint32_t)letters)];
    out[n] = '\0';
}
