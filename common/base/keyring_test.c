#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "test.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "FFEEDDCCBBAA99887766554433221100ffeeddccbbaa99887766554433221100"

static char folder[] = "/tmp/keyring-test.XXXXXX";
static char path[64], other[64];

static void write_file(const char *text, size_t len, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0;
    CHECK_THAT(ok, "can't write %s", path);
    close(fd);
}

static const struct {
    const char *text;
    uint32_t newest;   /* 0: refused, */
    const char *words; /* saying this */
} file_cases[] = {
    {"1 " KEY_A "\n",                             1,          ""           },
    {"1 " KEY_A,                                  1,          ""           },
    {"1 " KEY_A "\n2 " KEY_B "\n",                2,          ""           },
    {"9 " KEY_A "\n2 " KEY_B "\n",                2,          ""           },
    {"# made by vezne\n\n4294967295 " KEY_B "\n", 4294967295, ""           },
    {"",                                          0,          "no key"     },
    {"# 1 " KEY_A "\n",                           0,          "no key"     },
    {"0 " KEY_A "\n",                             0,          "line 1"     },
    {"01 " KEY_A "\n",                            0,          "line 1"     },
    {"-1 " KEY_A "\n",                            0,          "line 1"     },
    {"4294967296 " KEY_A "\n",                    0,          "line 1"     },
    {"18446744073709551617 " KEY_A "\n",          0,          "line 1"     },
    {KEY_A "\n",                                  0,          "line 1"     },
    {"1  " KEY_A "\n",                            0,          "line 1"     },
    {"1 " KEY_A " \n",                            0,          "line 1"     },
    {"1 " KEY_A "\r\n",                           0,          "line 1"     },
    {"1 " KEY_A "00\n",                           0,          "line 1"     },
    {"1 " KEY_A "\n2 0011\n",                     0,          "line 2"     },
    {"1 " KEY_A "\n1 " KEY_B "\n",                0,          "there twice"},
};

static void files(void)
{
    for (size_t i = 0; i < COUNT(file_cases); i++) {
        char why[300] = "";
        write_file(file_cases[i].text, strlen(file_cases[i].text), 0600);
        struct keyring *k = keyring_open(path, why, sizeof(why));
        CHECK_THAT((k != NULL) == (file_cases[i].newest != 0), "%zu: %s", i, why);
        CHECK_THAT(strstr(why, file_cases[i].words) != NULL, "%zu: %s", i, why);
        CHECK_THAT(strstr(why, "0102030405") == NULL, "a key is told: %s", why);
        if (k != NULL)
            CHECK_THAT(keyring_newest(k) == file_cases[i].newest, "%zu", i);
        keyring_close(k);
    }
}

static void keys(void)
{
    char why[300] = "";

    write_file("9 " KEY_A "\n2 " KEY_B "\n", 2UL * (3 + 64), 0400);
    struct keyring *k = keyring_open(path, why, sizeof(why));
    CHECK_THAT(k != NULL, "%s", why);
    if (k == NULL)
        return;
    const uint8_t *nine = keyring_key(k, 9);
    CHECK_THAT(nine != NULL && nine[0] == 0 && nine[31] == 0x1f, "key 9");
    CHECK_THAT(keyring_key(k, 2) != NULL && keyring_key(k, 2)[0] == 0xff, "key 2");
    CHECK_THAT(keyring_key(k, 1) == NULL && keyring_key(k, 0) == NULL, "no such key");
    keyring_close(k);
}

static void refused(const char *at, const char *words)
{
    char why[300] = "";
    struct keyring *k = keyring_open(at, why, sizeof(why));

    CHECK_THAT(k == NULL, "%s was taken", at);
    CHECK_THAT(strstr(why, words) != NULL, "\"%s\" without \"%s\"", why, words);
    keyring_close(k);
}

static void places(void)
{
    static const mode_t modes[] = {0640, 0604, 0644, 0660, 0610, 0601, 0620, 0666};

    for (size_t i = 0; i < COUNT(modes); i++) {
        write_file("1 " KEY_A "\n", 67, modes[i]);
        refused(path, "must be 0600 or 0400");
    }
    write_file("1 " KEY_A "\n", 67, 0600);
    CHECK_THAT(symlink(path, other) == 0, "symlink");
    refused(other, "symbolic link");
    unlink(other);
    CHECK_THAT(mkfifo(other, 0600) == 0, "fifo");
    refused(other, "regular file");
    unlink(other);
    refused(folder, "regular file");
    refused(other, "No such file");
    if (geteuid() == 0) {
        CHECK_THAT(chown(path, 65534, 65534) == 0, "chown");
        refused(path, "belongs to user 65534");
    }
    write_file("1 " KEY_A "\n# \0\n", 71, 0600);
    refused(path, "zero byte");
}

static void sizes(void)
{
    enum { LINE = 3 + 64 };
    static char text[70UL * (LINE + 1)], big[17 * 1024];
    size_t len = 0;

    for (int i = 0; i < 65; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%d " KEY_A "\n", i + 1);
    write_file(text, len, 0600);
    refused(path, "too many keys");
    memset(big, '#', sizeof(big));
    write_file(big, sizeof(big), 0600);
    refused(path, "over 16384 bytes");
}

static void create(void)
{
    char why[300] = "";
    struct stat st = {0};

    unlink(path);
    CHECK_THAT(keyring_create(path, why, sizeof(why)), "%s", why);
    CHECK_THAT(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "mode %o",
               (unsigned)st.st_mode);
    struct keyring *k = keyring_open(path, why, sizeof(why));
    CHECK_THAT(k != NULL && keyring_newest(k) == 1, "%s", why);
    keyring_close(k);
    CHECK_THAT(!keyring_create(path, why, sizeof(why)), "made again");
    CHECK_THAT(strstr(why, "there already") != NULL, "%s", why);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof(path), "%s/key", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
    RUN(files);
    RUN(keys);
    RUN(places);
    RUN(sizes);
    RUN(create);
    unlink(path);
    rmdir(folder);
    return test_result();
}
