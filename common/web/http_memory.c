#include "web/http_memory.h"

#include <curl/curl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void wiping_free(void *p)
{
    if (p != NULL)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

/* Never in place: realloc() may move and leave the old bytes behind. */
static void *wiping_realloc(void *p, size_t size)
{
    void *fresh = malloc(size);

    if (fresh != NULL && p != NULL) {
        size_t had = malloc_usable_size(p);
        memcpy(fresh, p, had < size ? had : size);
        wiping_free(p);
    }
    return fresh;
}

void http_memory_setup(void)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup,
                             calloc) != CURLE_OK) {
        fprintf(stderr, "http_client: libcurl can't start\n");
        abort();
    }
}
