#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"

/* Hashing fails only without memory, or when OpenSSL is set up without SHA-256. */
static void must(bool done)
{
    if (!done) {
        fprintf(stderr, "hash: OpenSSL has no SHA-256\n");
        abort();
    }
}

void sha256(uint8_t out[SHA256_SIZE], const void *data, size_t len)
{
    must(EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1);
}

void hmac_sha256(uint8_t out[SHA256_SIZE], const void *key, size_t key_len, const void *data,
                 size_t len)
{
    must(key_len <= INT_MAX && HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) != NULL);
}
