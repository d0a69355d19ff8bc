/*
 * http_probe - one call of http_send() for every URL, for tests in Python
 *
 *   http_probe [-a host:port,...] [-t seconds] [-c ca-file] [-b bearer] [-p body] URL...
 *
 * With -p it is a POST, else a GET. A line of JSON a URL: url_check()'s word ("" when it may), fate,
 * why, status, type, body_len, curl, ms, and `text`: the canonical form.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/http_client.h"

static const char *const fates[] = {
    [HTTP_ANSWERED] = "answered", [HTTP_NOT_SENT] = "not_sent", [HTTP_UNKNOWN] = "unknown"};

/* Canonical URLs and content types of these tests hold nothing that JSON must escape. */
static void probe(struct http_client *h, struct arena *mem, const char *allowed,
                  const struct http_call *call)
{
    struct http_answer a;
    const char *text = "";
    const char *check = url_check(mem, allowed, call->url, &text);

    http_send(h, mem, call, &a);
    printf(
        "{\"check\": \"%s\", \"text\": \"%s\", \"fate\": \"%s\", \"why\": \"%s\", \"status\": %d,"
        " \"type\": \"%s\", \"body_len\": %zu, \"curl\": %d, \"ms\": %lld}\n",
        check == NULL ? "" : check, check == NULL ? text : "", fates[a.fate], a.why, a.status,
        a.content_type, a.body_len, a.curl_code, (long long)a.ms);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct http_config cfg = {.allowed_endpoints = "", .ca_file = "", .timeout_s = 5};
    struct http_call call = {.method = "GET"};
    int option;

    while ((option = getopt(argc, argv, "a:t:c:b:p:")) != -1) {
        switch (option) {
        case 'a':
            cfg.allowed_endpoints = optarg;
            break;
        case 't':
            cfg.timeout_s = strtol(optarg, NULL, 10);
            break;
        case 'c':
            cfg.ca_file = optarg;
            break;
        case 'b':
            call.bearer = optarg;
            break;
        case 'p':
            call.method = "POST";
            call.content_type = "application/json";
            call.body = optarg;
            call.body_len = strlen(optarg);
            break;
        default:
            return 2;
        }
    }
    struct arena *mem = arena_new(4UL * 1024 * 1024);
    struct http_client *h = http_client_open(&cfg);
    for (int i = optind; i < argc; i++) {
        call.url = argv[i];
        probe(h, mem, cfg.allowed_endpoints, &call);
        arena_reset(mem);
    }
    http_client_close(h);
    arena_free(mem);
    return 0;
}
