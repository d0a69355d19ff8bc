#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

enum { VERSION = 1, NONCE_SIZE = 12, TAG_SIZE = 16 };
enum { AT_KEY_ID = 1, AT_NONCE = 5, AT_TAG = AT_NONCE + NONCE_SIZE, AT_DATA = AT_TAG + TAG_SIZE };
_Static_assert((int)AT_DATA == (int)ENVELOPE_OVERHEAD, "the parts add up");

static _Noreturn void broken(const char *what)
{
    fprintf(stderr, "envelope: %s\n", what);
    abort();
}

/* Version and key id, then the place. Its parts hold no NUL, so one place is written one way only. */
static bool bind_place(EVP_CIPHER_CTX *ctx, const uint8_t *header, const struct envelope_place *at)
{
    char tenant[24];
    int n;

    snprintf(tenant, sizeof(tenant), "%lld", (long long)at->tenant);
    const char *parts[] = {at->table, at->column, at->row, tenant};
    if (EVP_CipherUpdate(ctx, NULL, &n, header, AT_NONCE) != 1)
        return false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t len = strlen(parts[i]) + 1;
        if (len > INT_MAX ||
            EVP_CipherUpdate(ctx, NULL, &n, (const uint8_t *)parts[i], (int)len) != 1)
            return false;
    }
    return true;
}

static bool seal(EVP_CIPHER_CTX *ctx, const uint8_t *key, const struct envelope_place *at,
                 const char *secret, size_t len, uint8_t *to)
{
    int n, end;

    return EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, to + AT_NONCE, NULL) == 1 &&
           bind_place(ctx, to, at) &&
           EVP_EncryptUpdate(ctx, to + AT_DATA, &n, (const uint8_t *)secret, (int)len) == 1 &&
           n == (int)len && EVP_EncryptFinal_ex(ctx, to + AT_DATA + n, &end) == 1 && end == 0 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, to + AT_TAG) == 1;
}

static bool open_sealed(EVP_CIPHER_CTX *ctx, const uint8_t *key, const struct envelope_place *at,
                        struct sealed in, uint8_t *to)
{
    uint8_t tag[TAG_SIZE];
    size_t len = in.len - ENVELOPE_OVERHEAD;
    int n, end;

    memcpy(tag, in.data + AT_TAG, TAG_SIZE);
    return EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, in.data + AT_NONCE, NULL) == 1 &&
           bind_place(ctx, in.data, at) &&
           EVP_DecryptUpdate(ctx, to, &n, in.data + AT_DATA, (int)len) == 1 && n == (int)len &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, to + n, &end) == 1 && end == 0;
}

void envelope_seal(const struct keyring *k, struct arena *mem, const struct envelope_place *at,
                   const char *secret, struct sealed *out)
{
    uint32_t id = keyring_newest(k);
    size_t len = strlen(secret);

    if (len > INT_MAX - ENVELOPE_OVERHEAD)
        broken("the secret is too long");
    uint8_t *to = NEW_N(mem, uint8_t, len + ENVELOPE_OVERHEAD);
    to[0] = VERSION;
    for (size_t i = 0; i < 4; i++)
        to[AT_KEY_ID + i] = (uint8_t)(id >> (24 - 8 * i));
    random_bytes(to + AT_NONCE, NONCE_SIZE);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL || !seal(ctx, keyring_key(k, id), at, secret, len, to))
        broken("OpenSSL can't encrypt");
    EVP_CIPHER_CTX_free(ctx); /* wipes the key */
    *out = (struct sealed){to, len + ENVELOPE_OVERHEAD};
}

enum err envelope_open(const struct keyring *k, struct arena *mem, const struct envelope_place *at,
                       struct sealed in, const char **secret)
{
    uint32_t id = envelope_key_id(in);
    const uint8_t *key = id == 0 ? NULL : keyring_key(k, id);

    if (key == NULL)
        return E_SEALED;
    size_t len = in.len - ENVELOPE_OVERHEAD;
    uint8_t *to = NEW_N(mem, uint8_t, len + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        broken("no memory");
    bool ok = open_sealed(ctx, key, at, in, to);
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        OPENSSL_cleanse(to, len); /* decrypted, but not what was sealed here */
        return E_SEALED;
    }
    *secret = (const char *)to;
    return OK;
}

uint32_t envelope_key_id(struct sealed in)
{
    uint32_t id = 0;

    if (in.data == NULL || in.len < ENVELOPE_OVERHEAD || in.len > INT_MAX || in.data[0] != VERSION)
        return 0;
    for (size_t i = 0; i < 4; i++)
        id = id << 8 | in.data[AT_KEY_ID + i];
    return id;
}
