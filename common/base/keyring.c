#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"

enum { KEYS_MAX = 64, FILE_MAX = 16 * 1024 };

struct key {
    uint32_t id;
    uint8_t bytes[KEY_SIZE];
};

/* One mapping of its own, so that locking and wiping touch nothing else. */
struct keyring {
    size_t count;
    struct key keys[KEYS_MAX];
    char text[FILE_MAX + 2]; /* the file while it is read; wiped after */
};

/* A key file is ours, nobody else's, and a file. Asked of what was opened, not of a name. */
static bool trusted_file(int fd, const char *path, char *why, size_t size)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        snprintf(why, size, "key file %s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        snprintf(why, size, "key file %s: not a regular file", path);
    } else if (st.st_uid != geteuid() && st.st_uid != 0) {
        snprintf(why, size, "key file %s: belongs to user %u, must belong to user %u or root", path,
                 (unsigned)st.st_uid, (unsigned)geteuid());
    } else if ((st.st_mode & 077) != 0) {
        snprintf(why, size, "key file %s: mode is %04o, must be 0600 or 0400", path,
                 (unsigned)(st.st_mode & 07777));
    } else {
        return true;
    }
    return false;
}

/* Fills k->text up to a NUL. */
static bool read_file(struct keyring *k, int fd, const char *path, char *why, size_t size)
{
    size_t len = 0;
    ssize_t n;

    while ((n = read(fd, k->text + len, FILE_MAX + 1 - len)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            snprintf(why, size, "key file %s: %s", path, strerror(errno));
            return false;
        }
        len += (size_t)n;
        if (len > FILE_MAX) {
            snprintf(why, size, "key file %s: over %d bytes", path, FILE_MAX);
            return false;
        }
    }
    if (strlen(k->text) != len) {
        snprintf(why, size, "key file %s: holds a zero byte", path);
        return false;
    }
    return true;
}

/* "12 00ff..." -> key. The id has no sign, no leading zero and fits 32 bits. */
static bool parse_key(struct key *out, const char *line)
{
    uint64_t id = 0;
    size_t digits = 0;

    for (; line[digits] >= '0' && line[digits] <= '9' && digits < 10; digits++)
        id = id * 10 + (uint64_t)(line[digits] - '0');
    if (line[0] == '0' || id == 0 || id > UINT32_MAX || line[digits] != ' ')
        return false;
    out->id = (uint32_t)id;
    return text_unhex(out->bytes, KEY_SIZE, line + digits + 1);
}

/* What is wrong with this line, or NULL: the key was added. */
static const char *add_line(struct keyring *k, const char *line)
{
    struct key *key = &k->keys[k->count];

    if (line[0] == '\0' || line[0] == '#')
        return NULL;
    if (k->count == KEYS_MAX)
        return "too many keys (at most 64)";
    if (!parse_key(key, line))
        return "must be a key id (1 to 4294967295), one space and 64 hex digits";
    if (keyring_key(k, key->id) != NULL)
        return "this key id is there twice";
    k->count++;
    return NULL;
}

static bool parse_file(struct keyring *k, const char *path, char *why, size_t size)
{
    size_t number = 0;
    char *next;

    for (char *line = k->text; line != NULL; line = next) {
        number++;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        const char *fault = add_line(k, line);
        if (fault != NULL) {
            snprintf(why, size, "key file %s, line %zu: %s", path, number, fault);
            return false;
        }
    }
    if (k->count == 0)
        snprintf(why, size, "key file %s: holds no key", path);
    return k->count > 0;
}

static struct keyring *keyring_new(void)
{
    struct keyring *k =
        mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (k == MAP_FAILED || k == NULL) {
        fprintf(stderr, "keyring: no memory\n");
        abort();
    }
    if (mlock(k, sizeof(*k)) != 0) /* RLIMIT_MEMLOCK is small on shared hosts */
        log_line(LOG_WARN, "keys_not_locked", LOG_ERRNO, (int64_t)errno, LOG_END);
    madvise(k, sizeof(*k), MADV_DONTDUMP);
    return k;
}

struct keyring *keyring_open(const char *path, char *why, size_t size)
{
    /* Not blocking: a FIFO of that name must not hang the start. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        snprintf(why, size, "key file %s: %s", path,
                 errno == ELOOP ? "must not be a symbolic link" : strerror(errno));
        return NULL;
    }
    struct keyring *k = keyring_new();
    bool ok = trusted_file(fd, path, why, size) && read_file(k, fd, path, why, size) &&
              parse_file(k, path, why, size);
    close(fd);
    OPENSSL_cleanse(k->text, sizeof(k->text));
    if (!ok) {
        keyring_close(k);
        return NULL;
    }
    return k;
}

void keyring_close(struct keyring *k)
{
    if (k == NULL)
        return;
    OPENSSL_cleanse(k, sizeof(*k));
    munmap(k, sizeof(*k)); /* unlocks too */
}

uint32_t keyring_newest(const struct keyring *k)
{
    return k->keys[k->count - 1].id;
}

const uint8_t *keyring_key(const struct keyring *k, uint32_t id)
{
    for (size_t i = 0; i < k->count; i++) {
        if (k->keys[i].id == id)
            return k->keys[i].bytes;
    }
    return NULL;
}

bool keyring_create(const char *path, char *why, size_t size)
{
    uint8_t key[KEY_SIZE];
    char line[2 + 2 * KEY_SIZE + 1] = "1 ";
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        snprintf(why, size, "key file %s: %s", path,
                 errno == EEXIST ? "is there already" : strerror(errno));
        return false;
    }
    random_bytes(key, sizeof(key));
    text_hex(line + 2, key, sizeof(key));
    line[sizeof(line) - 1] = '\n'; /* in place of the NUL */
    bool ok = write(fd, line, sizeof(line)) == (ssize_t)sizeof(line) && fsync(fd) == 0;
    if (!ok) {
        snprintf(why, size, "key file %s: %s", path, strerror(errno));
        unlink(path);
    }
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(line, sizeof(line));
    close(fd);
    return ok;
}
