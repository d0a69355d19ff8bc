#include "operator/migrations.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "operator/migrate_sql.h"

enum { NUMBER_DIGITS = 4, NAME_MAX_LEN = 200, FILES_MAX = 1000, FILE_SIZE_MAX = 1 << 20 };

/* ---- The folder ---- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* NNNN-words.sql, words of a-z, 0-9 and dashes; NNNN is not 0000. */
static bool read_name(const char *name, int64_t *number)
{
    static const char words[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

    *number = 0;
    for (int i = 0; i < NUMBER_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        *number = *number * 10 + (name[i] - '0');
    }
    size_t len = strspn(name + NUMBER_DIGITS, words);
    return *number > 0 && name[NUMBER_DIGITS] == '-' && len > 1 &&
           strcmp(name + NUMBER_DIGITS + len, ".sql") == 0 && strlen(name) <= NAME_MAX_LEN;
}

static const char *read_text(struct arena *mem, const char *path, struct migration *m)
{
    char *text = malloc(FILE_SIZE_MAX + 1);
    uint8_t hash[SHA256_SIZE];
    const char *wrong = NULL;
    FILE *f = fopen(path, "re");

    if (text == NULL)
        abort();
    m->len = f == NULL ? 0 : fread(text, 1, FILE_SIZE_MAX + 1, f);
    if (f == NULL || ferror(f))
        wrong = arena_printf(mem, "%s: %s", path, strerror(errno));
    else if (m->len > FILE_SIZE_MAX)
        wrong = arena_printf(mem, "%s: more than %d bytes", path, FILE_SIZE_MAX);
    else if (!text_is_utf8(text, m->len))
        wrong = arena_printf(mem, "%s: not UTF-8 text", path);
    if (wrong == NULL) {
        m->text = arena_strndup(mem, text, m->len);
        sha256(hash, text, m->len);
        text_hex(m->sha256, hash, sizeof(hash));
    }
    if (f != NULL)
        fclose(f);
    free(text);
    return wrong;
}

static const char *add_file(struct arena *mem, const char *folder, const char *name,
                            struct migrations *out)
{
    struct migration m = {.name = arena_strdup(mem, name)};

    if (name[0] == '.' || !ends_with(name, ".sql"))
        return NULL;
    if (!read_name(name, &m.number))
        return arena_printf(mem, "%s/%s: the name of a migration is NNNN-words.sql", folder, name);
    if (out->n == FILES_MAX)
        return arena_printf(mem, "%s: more than %d migrations", folder, FILES_MAX);
    const char *wrong = read_text(mem, arena_printf(mem, "%s/%s", folder, name), &m);
    out->files[out->n++] = m;
    return wrong;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = ((const struct migration *)a)->number, y = ((const struct migration *)b)->number;
    return (x > y) - (x < y);
}

static const char *read_folder(struct arena *mem, const char *folder, struct migrations *out)
{
    const char *wrong = NULL;
    DIR *dir = opendir(folder);

    if (dir == NULL)
        return arena_printf(mem, "%s: %s (sql_dir)", folder, strerror(errno));
    *out = (struct migrations){.files = NEW_N(mem, struct migration, FILES_MAX)};
    for (const struct dirent *d; wrong == NULL && (d = readdir(dir)) != NULL;)
        wrong = add_file(mem, folder, d->d_name, out);
    closedir(dir);
    qsort(out->files, out->n, sizeof(out->files[0]), by_number);
    for (size_t i = 1; wrong == NULL && i < out->n; i++)
        if (out->files[i].number == out->files[i - 1].number)
            wrong = arena_printf(mem, "%s and %s have the same number: give one of them the next",
                                 out->files[i - 1].name, out->files[i].name);
    if (wrong == NULL && out->n == 0)
        wrong = arena_printf(mem, "%s: no migrations there (sql_dir)", folder);
    return wrong;
}

/* ---- Against what the database has had ---- */

static const char *compare(struct arena *mem, const struct applied *had, size_t nhad,
                           struct migrations *out)
{
    size_t f = 0;

    for (size_t i = 0; i < nhad; i++, f++) {
        const struct migration *m = &out->files[f];
        if (f == out->n || m->number > had[i].number)
            return arena_printf(mem,
                                "%s is applied, but there is no such file: is this an older "
                                "version of the program than the database has seen?",
                                had[i].name);
        if (m->number < had[i].number)
            return arena_printf(mem,
                                "%s is not applied, but the later %s is: give the file a number "
                                "above all applied ones",
                                m->name, had[i].name);
        if (strcmp(m->sha256, had[i].sha256) != 0)
            return arena_printf(mem,
                                "%s was edited after it had been applied on %s: bring the file "
                                "back as it was and put the change into a new one",
                                m->name, had[i].at);
    }
    out->applied = f;
    return NULL;
}

const char *migrations_compare(struct db *db, const char *folder, struct migrations *out)
{
    struct arena *mem = db_arena(db);
    struct applied *had = NULL;
    size_t nhad = 0;
    bool there = false;

    const char *wrong = read_folder(mem, folder, out);
    if (wrong != NULL)
        return wrong;
    enum err e = applied_table_there(db, &there);
    if (e == OK && there)
        e = applied_all(db, &had, &nhad);
    if (e != OK)
        return arena_printf(mem, "database: %s", db_last_error(db));
    return compare(mem, had, nhad, out);
}
