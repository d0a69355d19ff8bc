#include "db/bind.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

enum { MAX_PARAMS = 40, MAX_FIELDS = 48, INLINE_TEXT = 256 };

/* Where one column of the row in hand arrives. Longer texts are fetched again, in full. */
struct cell {
    union {
        int64_t number;
        MYSQL_TIME time;
        char text[INLINE_TEXT];
    } u;
    unsigned long len;
    my_bool null;
    my_bool cut;
    unsigned field; /* index in q->fields */
};

struct statement {
    MYSQL_STMT *stmt;
    const struct sql *q;
    unsigned nparams;
    struct cell cells[]; /* one a column */
};

static bool is_text(enum field_type t)
{
    return t == F_TEXT || t == F_ENUM || t == F_UUID || t == F_BYTES;
}

/* Match every result column with one field of the same name, and back. */
static bool match_columns(struct statement *s)
{
    const struct sql *q = s->q;
    MYSQL_RES *meta = mysql_stmt_result_metadata(s->stmt);
    unsigned cols = meta == NULL ? 0 : mysql_num_fields(meta);
    const char *wrong = cols == q->nfields ? NULL : "(number of columns)";

    for (unsigned c = 0; wrong == NULL && c < cols; c++) {
        const char *name = mysql_fetch_field_direct(meta, c)->name;
        unsigned f = 0;
        while (f < q->nfields && strcmp(q->fields[f].name, name) != 0)
            f++;
        if (f == q->nfields)
            wrong = q->where;
        s->cells[c].field = f;
    }
    if (wrong != NULL)
        log_line(LOG_ERROR, "columns_do_not_fit", LOG_WHERE, q->where, LOG_END);
    if (meta != NULL)
        mysql_free_result(meta);
    return wrong == NULL;
}

static void bind_cell(MYSQL_BIND *b, struct cell *cell, enum field_type t)
{
    *b = (MYSQL_BIND){.is_null = &cell->null, .length = &cell->len, .error = &cell->cut};
    if (is_text(t)) {
        b->buffer_type = MYSQL_TYPE_STRING;
        b->buffer = cell->u.text;
        b->buffer_length = sizeof(cell->u.text);
    } else if (t == F_UTC) {
        b->buffer_type = MYSQL_TYPE_DATETIME;
        b->buffer = &cell->u.time;
        b->buffer_length = sizeof(cell->u.time);
    } else {
        b->buffer_type = MYSQL_TYPE_LONGLONG;
        b->buffer = &cell->u.number;
        b->buffer_length = sizeof(cell->u.number);
    }
}

static bool bind_cells(struct statement *s)
{
    MYSQL_BIND bind[MAX_FIELDS];
    for (unsigned c = 0; c < s->q->nfields; c++)
        bind_cell(&bind[c], &s->cells[c], s->q->fields[s->cells[c].field].type);
    return mysql_stmt_bind_result(s->stmt, bind) == 0;
}

struct statement *statement_new(MYSQL *conn, const struct sql *q, unsigned *code)
{
    assert(q->nfields <= MAX_FIELDS);
    struct statement *s = calloc(1, sizeof(*s) + q->nfields * sizeof(s->cells[0]));
    if (s == NULL || (s->stmt = mysql_stmt_init(conn)) == NULL)
        abort();
    s->q = q;
    if (mysql_stmt_prepare(s->stmt, q->text, strlen(q->text)) != 0) {
        *code = mysql_stmt_errno(s->stmt);
        log_line(LOG_ERROR, "prepare", LOG_WHERE, q->where, LOG_NAME, mysql_stmt_error(s->stmt),
                 LOG_END);
        statement_free(s);
        return NULL;
    }
    *code = 0;
    s->nparams = (unsigned)mysql_stmt_param_count(s->stmt);
    if (!match_columns(s) || (q->nfields > 0 && !bind_cells(s))) {
        statement_free(s);
        return NULL;
    }
    return s;
}

void statement_free(struct statement *s)
{
    mysql_stmt_close(s->stmt);
    free(s);
}

static MYSQL_TIME mysql_time(int64_t us)
{
    struct tm tm;
    time_t secs = us / 1000000;
    gmtime_r(&secs, &tm);
    return (MYSQL_TIME){
        .year = (unsigned)tm.tm_year + 1900,
        .month = (unsigned)tm.tm_mon + 1,
        .day = (unsigned)tm.tm_mday,
        .hour = (unsigned)tm.tm_hour,
        .minute = (unsigned)tm.tm_min,
        .second = (unsigned)tm.tm_sec,
        .second_part = (unsigned long)(us % 1000000),
        .time_type = MYSQL_TIMESTAMP_DATETIME,
    };
}

static int64_t from_mysql_time(const MYSQL_TIME *t)
{
    struct tm tm = {
        .tm_year = (int)t->year - 1900,
        .tm_mon = (int)t->month - 1,
        .tm_mday = (int)t->day,
        .tm_hour = (int)t->hour,
        .tm_min = (int)t->minute,
        .tm_sec = (int)t->second,
    };
    return (int64_t)timegm(&tm) * 1000000 + (int64_t)t->second_part;
}

union value {
    int64_t number;
    MYSQL_TIME time;
    unsigned long len;
};

static void bind_param(MYSQL_BIND *b, union value *v, const struct param *p)
{
    if (p->null) {
        b->buffer_type = MYSQL_TYPE_NULL;
        return;
    }
    switch (p->type) {
    case F_TEXT:
    case F_UUID:
    case F_BYTES:
        v->len = p->len;
        b->buffer_type = p->type == F_BYTES ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
        b->buffer = (void *)(uintptr_t)p->s;
        b->buffer_length = p->len;
        b->length = &v->len;
        break;
    case F_UTC:
        v->time = mysql_time(p->i);
        b->buffer_type = MYSQL_TYPE_DATETIME;
        b->buffer = &v->time;
        break;
    case F_ENUM:
    case F_I64:
    case F_BOOL:
    case F_MONEY:
    case F_BPS:
    case F_NUMBER_ID:
        v->number = p->i;
        b->buffer_type = MYSQL_TYPE_LONGLONG;
        b->buffer = &v->number;
        break;
    }
}

unsigned statement_execute(struct statement *s, const struct param *params)
{
    MYSQL_BIND bind[MAX_PARAMS] = {0};
    union value values[MAX_PARAMS];
    unsigned n = 0;

    for (; !params[n].end; n++) {
        assert(n < MAX_PARAMS);
        bind_param(&bind[n], &values[n], &params[n]);
    }
    if (n != s->nparams) {
        fprintf(stderr, "db: %s: %u values for %u placeholders\n", s->q->where, n, s->nparams);
        abort();
    }
    if ((n > 0 && mysql_stmt_bind_param(s->stmt, bind) != 0) || mysql_stmt_execute(s->stmt) != 0)
        return mysql_stmt_errno(s->stmt);
    return 0;
}

uint64_t statement_changed(const struct statement *s)
{
    return mysql_stmt_affected_rows(s->stmt);
}

uint64_t statement_insert_id(const struct statement *s)
{
    return mysql_stmt_insert_id(s->stmt);
}

/* The text of one cell in the arena, NUL after its end. */
static char *cell_text(struct statement *s, struct arena *mem, unsigned c, unsigned *code)
{
    struct cell *cell = &s->cells[c];
    char *text = NEW_N(mem, char, cell->len + 1);

    if (cell->len <= sizeof(cell->u.text)) {
        memcpy(text, cell->u.text, cell->len);
        return text;
    }
    unsigned long len = 0;
    MYSQL_BIND b = {.buffer_type = MYSQL_TYPE_STRING,
                    .buffer = text,
                    .buffer_length = cell->len,
                    .length = &len};
    if (mysql_stmt_fetch_column(s->stmt, &b, c, 0) != 0)
        *code = mysql_stmt_errno(s->stmt);
    return text;
}

static enum err bad_value(const struct statement *s, const struct field *f)
{
    log_line(LOG_ERROR, "bad_value", LOG_WHERE, s->q->where, LOG_NAME, f->name, LOG_END);
    return E_INTERNAL;
}

static enum err put_text(struct statement *s, struct arena *mem, unsigned c, const struct field *f,
                         char *dst, unsigned *code)
{
    const struct cell *cell = &s->cells[c];
    char *text = cell_text(s, mem, c, code);

    if (f->type == F_TEXT) {
        *(const char **)dst = text;
    } else if (f->type == F_BYTES) {
        *(struct sealed *)dst = (struct sealed){(const uint8_t *)text, cell->len};
    } else if (f->type == F_UUID) {
        if (cell->len != UUID_TEXT - 1)
            return bad_value(s, f);
        memcpy(dst, text, UUID_TEXT);
    } else {
        unsigned v = 0;
        while (f->names[v] != NULL && strcmp(f->names[v], text) != 0)
            v++;
        if (f->names[v] == NULL)
            return bad_value(s, f);
        *(unsigned *)dst = v;
    }
    return OK;
}

static enum err put_cell(struct statement *s, struct arena *mem, unsigned c, char *row,
                         unsigned *code)
{
    const struct cell *cell = &s->cells[c];
    const struct field *f = &s->q->fields[cell->field];
    char *dst = row + f->off;

    if (cell->null)
        return f->required ? bad_value(s, f) : OK;
    switch (f->type) {
    case F_ENUM:
    case F_TEXT:
    case F_UUID:
    case F_BYTES:
        return put_text(s, mem, c, f, dst, code);
    case F_UTC:
        ((struct utc *)dst)->us = from_mysql_time(&cell->u.time);
        return OK;
    case F_BOOL:
        *(bool *)dst = cell->u.number != 0;
        return OK;
    case F_BPS:
        ((struct bps *)dst)->v = (int32_t)cell->u.number;
        return OK;
    case F_I64:
    case F_MONEY:
    case F_NUMBER_ID:
        memcpy(dst, &cell->u.number, sizeof(cell->u.number));
        return OK;
    }
    return E_INTERNAL;
}

static bool number_was_cut(const struct statement *s)
{
    for (unsigned c = 0; c < s->q->nfields; c++)
        if (s->cells[c].cut && !s->cells[c].null && !is_text(s->q->fields[s->cells[c].field].type))
            return true;
    return false;
}

static enum err fetch_row(struct statement *s, struct arena *mem, char *row, unsigned *code)
{
    int rc = mysql_stmt_fetch(s->stmt);
    if (rc == MYSQL_DATA_TRUNCATED && number_was_cut(s))
        return E_INTERNAL;
    if (rc != 0 && rc != MYSQL_DATA_TRUNCATED) {
        *code = mysql_stmt_errno(s->stmt);
        return E_INTERNAL;
    }
    enum err e = OK;
    for (unsigned c = 0; c < s->q->nfields && e == OK && *code == 0; c++)
        e = put_cell(s, mem, c, row, code);
    return e;
}

enum err statement_rows(struct statement *s, struct arena *mem, void **rows, size_t *n,
                        unsigned *code)
{
    enum err e = OK;

    if (mysql_stmt_store_result(s->stmt) != 0) {
        *code = mysql_stmt_errno(s->stmt);
        return E_INTERNAL;
    }
    *n = mysql_stmt_num_rows(s->stmt);
    char *row = arena_alloc(mem, *n, s->q->row_size, _Alignof(max_align_t));
    *rows = row;
    for (size_t i = 0; i < *n && e == OK && *code == 0; i++)
        e = fetch_row(s, mem, row + i * s->q->row_size, code);
    mysql_stmt_free_result(s->stmt);
    return e;
}
