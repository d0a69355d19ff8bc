#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

enum { YESCRYPT_COST = 7 };

/* Settings of that cost with some salt: what is hashed when there is no hash to compare with. */
static const char nobody[] = "$y$jBT$xJm5k0Ww1QfTz8uG2rYpE1";

/* The hash text or NULL. It lies in `data`, which libcrypt allocates: hand that to forget(). */
static const char *hash(const char *password, const char *setting, void **data, int *size)
{
    const char *text = crypt_ra(password, setting, data, size);

    return text != NULL && text[0] == '$' ? text : NULL; /* "*0" and "*1" mean failure too */
}

static void forget(void *data, int size)
{
    if (data != NULL)
        OPENSSL_cleanse(data, (size_t)size);
    free(data);
}

static bool fits(const char *password)
{
    size_t len = strnlen(password, PASSWORD_MAX + 1);

    return len > 0 && len <= PASSWORD_MAX;
}

enum err password_hash(char out[PASSWORD_HASH_MAX], const char *password)
{
    void *data = NULL;
    int size = 0;
    enum err e = E_INTERNAL;

    if (!fits(password))
        return E_BAD_INPUT;
    char *setting = crypt_gensalt_ra("$y$", YESCRYPT_COST, NULL, 0);
    const char *text = setting == NULL ? NULL : hash(password, setting, &data, &size);
    if (text != NULL && strlen(text) < PASSWORD_HASH_MAX) {
        memcpy(out, text, strlen(text) + 1);
        e = OK;
    }
    forget(data, size);
    free(setting);
    return e;
}

bool password_verify(const char *stored, const char *password)
{
    void *data = NULL;
    int size = 0;

    if (!fits(password))
        return false;
    bool known = stored != NULL && stored[0] == '$';
    const char *text = hash(password, known ? stored : nobody, &data, &size);
    bool same = known && text != NULL && strlen(text) == strlen(stored) &&
                CRYPTO_memcmp(text, stored, strlen(stored)) == 0;
    forget(data, size);
    return same;
}
