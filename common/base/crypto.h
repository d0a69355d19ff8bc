#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * Random bytes, hashes, passwords, and envelopes for secrets at rest: the only user of OpenSSL's
 * EVP and of libcrypt. The sources are one subject each: random.c, hash.c, password.c, keyring.c,
 * envelope.c.
 */

void random_bytes(void *out, size_t n); /* aborts when the system has none */
uint32_t random_below(uint32_t n);      /* 0..n-1, without bias; n > 0 */

/* n letters of `alphabet` (1..256 of them, each as likely) and a NUL: `out` holds n + 1 bytes. */
void random_text(char *out, size_t n, const char *alphabet);

enum { SHA256_SIZE = 32 };
void sha256(uint8_t out[SHA256_SIZE], const void *data, size_t len);
void hmac_sha256(uint8_t out[SHA256_SIZE], const void *key, size_t key_len, const void *data,
                 size_t len);

/*
 * Passwords: yescrypt by libcrypt, about 0.1 s and 64 MiB each. Passwords are 1..511 bytes, which is
 * what libcrypt takes.
 *
 * password_hash - `out` gets the hash text, at most 127 bytes. E_BAD_INPUT for an empty or too long
 * password, E_INTERNAL when the system's libcrypt can't.
 *
 * password_verify - true when it is the password of this hash. Takes the same time for a `stored` of
 * NULL (unknown user) or one that is no hash as for a wrong password.
 */
enum { PASSWORD_MAX = 511, PASSWORD_HASH_MAX = 128 };
enum err password_hash(char out[PASSWORD_HASH_MAX], const char *password);
bool password_verify(const char *stored, const char *password);

/*
 * The key file: one line a key, "key_id 64-hex-digits", newest last; key ids are 1..4294967295,
 * each once, at most 64 of them; empty lines and lines that start with # are skipped; at most 16
 * KiB. It must be a regular file, belong to us or root, and be open to nobody else (mode 0600 or
 * 0400). Keys are kept in locked memory where the system allows (a warning in the log if not) and
 * stay out of core dumps.
 */
struct keyring;

/* NULL with one sentence in `why` (size bytes, size > 0). */
struct keyring *keyring_open(const char *path, char *why, size_t size);
void keyring_close(struct keyring *k); /* wipes the keys; NULL is fine */
uint32_t keyring_newest(const struct keyring *k);

/* Makes the file with one key, mode 0600; false (with why) when it is there already. */
bool keyring_create(const char *path, char *why, size_t size);

enum { KEY_SIZE = 32 };
/* The key of KEY_SIZE bytes with this id, NULL when there is none. Lives as long as `k`. */
const uint8_t *keyring_key(const struct keyring *k, uint32_t id);

/*
 * Envelopes: AES-256-GCM, bytes `0x01 | key id (4, big endian) | nonce (12) | tag (16) | data`,
 * stored as VARBINARY. The place where it is kept is bound to it: a copy in another row, column
 * or tenant does not open.
 */
struct envelope_place {
    const char *table, *column, *row; /* row: id as text */
    int64_t tenant;
};
enum { ENVELOPE_OVERHEAD = 33 };

struct sealed {
    const uint8_t *data; /* in the arena */
    size_t len;
};

/* Seals text of any length, also "", under the newest key and a fresh nonce. */
void envelope_seal(const struct keyring *k, struct arena *mem, const struct envelope_place *at,
                   const char *secret, struct sealed *out);

/*
 * E_SEALED for anything that isn't exactly what was sealed there: bad tag, unknown key id, too
 * short, other version. `*secret` is set on OK only; it lives in `mem`.
 */
enum err envelope_open(const struct keyring *k, struct arena *mem, const struct envelope_place *at,
                       struct sealed in, const char **secret);

/* Key id of an envelope, 0 if it is none: for re-encryption. */
uint32_t envelope_key_id(struct sealed in);

#endif
