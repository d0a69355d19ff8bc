// needs: common/base/envelope.c common/base/keyring.c common/base/random.c common/base/arena.c common/base/log.c common/base/out.c common/base/text.c common/types/utc.c
// libs: -lcrypto
/*
 * Any bytes as an envelope. The corpus holds real ones of this key and place; whatever becomes of
 * them opens only where it was sealed, and a text sealed here comes back.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys[] = "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
                           "2 ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n";
static const struct envelope_place home = {"integrations", "api_secret", "7", 1};
static const struct envelope_place elsewhere = {"integrations", "api_secret", "8", 1};
static struct arena *mem;
static struct keyring *ring;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void start(void)
{
    char path[] = "/tmp/envelope-fuzz.XXXXXX";
    char why[300];
    int fd = mkstemp(path);

    must(fd >= 0 && write(fd, keys, strlen(keys)) == (ssize_t)strlen(keys));
    ring = keyring_open(path, why, sizeof(why));
    must(ring != NULL);
    close(fd);
    unlink(path);
    mem = arena_new(4UL * 1024 * 1024);
}

static void open_any(struct sealed in)
{
    const char *secret = NULL;

    if (envelope_open(ring, mem, &home, in, &secret) != OK) {
        must(secret == NULL);
        return;
    }
    must(envelope_key_id(in) != 0 && strlen(secret) <= in.len - ENVELOPE_OVERHEAD);
    must(envelope_open(ring, mem, &elsewhere, in, &secret) == E_SEALED);
}

static void seal_any(const char *text)
{
    struct sealed s;
    const char *secret = NULL;

    envelope_seal(ring, mem, &home, text, &s);
    must(envelope_key_id(s) == 2 && s.len == strlen(text) + ENVELOPE_OVERHEAD);
    must(envelope_open(ring, mem, &home, s, &secret) == OK && strcmp(secret, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (ring == NULL)
        start();
    if (size > 64UL * 1024)
        return 0;
    uint8_t *copy =
        malloc(size == 0 ? 1 : size); /* of its own, so that a read behind the end is seen */
    must(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    open_any((struct sealed){copy, size});
    seal_any(arena_strndup(mem, (const char *)data, size));
    free(copy);
    arena_reset(mem);
    return 0;
}
