#include "web/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* Without a network; answers and failures of servers are in tests/web/transport_test.py. */

static struct arena *mem;
static struct http_client *client;

/* A port of the loopback where nobody listens, but which the client may call. */
static uint16_t free_port(void)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = bind(s, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
              getsockname(s, (struct sockaddr *)&sa, &len) == 0;

    CHECK_THAT(ok, "no free port");
    close(s);
    return ntohs(sa.sin_port);
}

static const struct {
    struct http_call call;
    const char *why;
} refused_cases[] = {
    {{.method = "GET", .url = "https://127.0.0.1/"},                              "address_refused"},
    {{.method = "GET", .url = "https://localhost/"},                              "address_refused"},
    {{.method = "GET", .url = "https://[::1]/"},                                  "address_refused"},
    {{.method = "GET", .url = "http://api.example.com/"},                         "url_refused"    },
    {{.method = "GET", .url = "https://api.example.com:8443/"},                   "url_refused"    },
    {{.method = "GET", .url = "file:///etc/passwd"},                              "url_refused"    },
    {{.method = "GET", .url = ""},                                                "url_refused"    },
    {{.method = "GET", .url = "https://a.example/", .bearer = "a\r\nX: y"},       "header_refused" },
    {{.method = "GET", .url = "https://a.example/", .bearer = "\xc3\xa7"},        "header_refused" },
    {{.method = "POST", .url = "https://a.example/", .content_type = "text/x\n"}, "header_refused" },
};

static void refused(void)
{
    for (size_t i = 0; i < COUNT(refused_cases); i++) {
        struct http_answer a;
        http_send(client, mem, &refused_cases[i].call, &a);
        CHECK_THAT(a.fate == HTTP_NOT_SENT && a.status == 0, "%s", refused_cases[i].call.url);
        CHECK_THAT(strcmp(a.why, refused_cases[i].why) == 0, "%s: %s", refused_cases[i].call.url,
                   a.why);
        CHECK_THAT(a.body[0] == '\0' && a.body_len == 0 && a.content_type[0] == '\0', "texts");
    }
}

static void nobody_listens(void)
{
    char list[64], url[64];
    uint16_t port = free_port();
    struct http_answer a;

    snprintf(list, sizeof(list), "127.0.0.1:%u", port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    struct http_config cfg = {.allowed_endpoints = list, .ca_file = "", .timeout_s = 2};
    struct http_client *h = http_client_open(&cfg);
    http_send(h, mem, &(struct http_call){.method = "POST", .url = url, .body = "x", .body_len = 1},
              &a);
    CHECK_THAT(a.fate == HTTP_NOT_SENT && strcmp(a.why, "connect") == 0, "%s", a.why);
    http_client_close(h);
}

/* The signal that ends a child which makes this call; 0 if it lives. */
static int killed_by(const char *method, bool in_transaction)
{
    int status = 0;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct http_answer a;
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        http_forbid(in_transaction);
        http_send(client, mem, &(struct http_call){.method = method, .url = "https://127.0.0.1/"},
                  &a);
        _exit(0);
    }
    CHECK_THAT(child > 0 && waitpid(child, &status, 0) == child, "fork");
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void bugs_abort(void)
{
    CHECK_THAT(killed_by("GET", false) == 0, "outside of a transaction");
    CHECK_THAT(killed_by("GET", true) == SIGABRT, "within a transaction");
    CHECK_THAT(killed_by("DELETE", false) == SIGABRT, "unknown method");
}

static void ignores_sigpipe(void)
{
    struct sigaction have;

    CHECK_THAT(sigaction(SIGPIPE, NULL, &have) == 0 && have.sa_handler == SIG_IGN, "SIGPIPE");
}

int main(void)
{
    struct http_config cfg = {.allowed_endpoints = "", .ca_file = "", .timeout_s = 2};

    mem = arena_new(4UL * 1024 * 1024);
    client = http_client_open(&cfg);
    RUN(refused);
    RUN(nobody_listens);
    RUN(bugs_abort);
    RUN(ignores_sigpipe);
    http_client_close(client);
    arena_free(mem);
    return test_result();
}
