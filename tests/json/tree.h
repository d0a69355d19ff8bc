#ifndef TREE_H
#define TREE_H
#include <stdbool.h>
#include <stddef.h>

/*
 * What a parser understood, written as text, so that two parsers can be compared: "{", "}", "[",
 * "]", "t", "f", "n"; "k" and "s" for keys and strings with length, ':' and bytes; "i" for
 * integers in decimal and "r" for other numbers in hexadecimal, each up to a line feed.
 *
 * json-c and jansson share names (json_object_get, json_type): each has a file of its own here and
 * keeps away from the shared functions.
 */
struct tree {
    size_t len;
    char text[2 * 1024 * 1024]; /* ample for a document of 64 KiB */
};

void tree_put(struct tree *t, const char *bytes, size_t len);
void tree_put_text(struct tree *t, char kind, const char *bytes, size_t len); /* 'k' or 's' */
[[gnu::format(printf, 2, 3)]] void tree_printf(struct tree *t, const char *format, ...);

/*
 * Parse strictly; false: refused. `out` is emptied first. json-c also writes the text that it
 * kept of every number to `numbers`, a line each, in the document's order.
 */
bool tree_json_c(struct tree *out, struct tree *numbers, const char *doc, size_t len);
bool tree_jansson(struct tree *out, const char *doc, size_t len);

/* The lines that tree_json_c() must give for `numbers`, read off an accepted document. */
void tree_numbers(struct tree *out, const char *doc, size_t len);
#endif
