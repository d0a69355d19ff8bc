#include "web/app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "web/transport.h"

/* libfcgi has no read timeout: a peer that falls silent in the middle of a request costs one worker. */
enum { STUCK_AFTER_S = 60, SYSTEMD_FIRST_FD = 3 };

/* A worker that is woken for a connection and told to leave at once leaves it to the others, whom
 * nobody woke: they look by themselves so often. */
enum { LOOK_AGAIN_MS = 2000 };

struct app {
    struct process process;
    const struct dialect *dialect;
    const struct route *routes;
    size_t nroutes;
    int64_t served;
    int64_t serve_at_most;
    struct utc leave_at;
};

static void log_request_line(const struct ctx *c, struct utc began)
{
    log_line(LOG_INFO, "request", LOG_TENANT, c->tenant.id.v, LOG_METHOD, c->req.method, LOG_ROUTE,
             c->route == NULL ? "-" : c->route->path, LOG_STATUS, (int64_t)c->reply.status, LOG_MS,
             (utc_now().us - began.us) / 1000, LOG_STATEMENTS, db_statements(c->db), LOG_BYTES,
             (int64_t)c->reply.len, LOG_END);
}

static void serve(struct app *app, FCGX_Request *in)
{
    struct utc began = utc_now();
    struct ctx c = {
        .process = &app->process,
        .dialect = app->dialect,
        .mem = app->process.mem,
        .db = app->process.db,
        .now = process_now(&app->process),
    };

    request_read(&c, in);
    alarm(0); /* from here on it takes as long as it takes */
    log_request(c.id);
    err_forget();
    app_handle(&c, app->routes, app->nroutes);
    if (!reply_write(&c, in))
        log_line(LOG_WARN, "client_gone", LOG_STATUS, (int64_t)c.reply.status, LOG_END);
    log_request_line(&c, began);
    log_request("");
    app->served++;
}

/* Signals are read from a descriptor between requests, so that none ever interrupts one. */
static int block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool old_enough(const struct app *app)
{
    return (app->serve_at_most > 0 && app->served >= app->serve_at_most) ||
           (app->leave_at.us > 0 && utc_cmp(utc_now(), app->leave_at) >= 0);
}

/*
 * What to wait for. Of all workers that wait at the socket the kernel wakes one a connection, not
 * all of them. -1: it can't be made.
 */
static int make_watch(int signals, int listening)
{
    struct epoll_event on_signal = {.events = EPOLLIN, .data.fd = signals};
    struct epoll_event on_work = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listening};
    int watch = epoll_create1(EPOLL_CLOEXEC);

    if (watch < 0 || epoll_ctl(watch, EPOLL_CTL_ADD, signals, &on_signal) != 0 ||
        epoll_ctl(watch, EPOLL_CTL_ADD, listening, &on_work) != 0)
        return -1;
    return watch;
}

/* True: a connection waits. False: it is time to leave; a signal counts first, so that a loaded
 * worker leaves, too. */
static bool wait_for_work(const struct app *app, int watch, int signals)
{
    struct epoll_event events[2];

    while (!old_enough(app)) {
        int n = epoll_wait(watch, events, 2, LOOK_AGAIN_MS);
        if (n < 0 && errno != EINTR)
            return false;
        for (int i = 0; i < n; i++)
            if (events[i].data.fd == signals)
                return false;
        if (n > 0)
            return true;
    }
    return false;
}

static int listening_fd(void)
{
    const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    bool ours = fds != NULL && pid != NULL && strtol(pid, NULL, 10) == (long)getpid();
    return ours ? SYSTEMD_FIRST_FD : STDIN_FILENO;
}

static int serve_fastcgi(struct app *app, int signals)
{
    int fd = listening_fd();
    FCGX_Request in;

    /* The flag belongs to the socket, so to all workers: each must take EAGAIN as "poll again". */
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    FCGX_InitRequest(&in, fd, 0);
    int watch = make_watch(signals, fd);
    if (watch < 0) {
        log_line(LOG_ERROR, "epoll", LOG_ERRNO, (int64_t)errno, LOG_END);
        return 1;
    }
    while (wait_for_work(app, watch, signals)) {
        alarm(STUCK_AFTER_S);
        int rc = FCGX_Accept_r(&in);
        if (rc == 0) {
            serve(app, &in);
            in.keepConnection = 0; /* an idle kept connection would pin this worker */
            FCGX_Finish_r(&in);
            arena_reset(app->process.mem);
            continue;
        }
        alarm(0);
        if (rc != -EAGAIN && rc != -EINTR && rc != -ECONNABORTED) {
            log_line(LOG_ERROR, "accept", LOG_ERRNO, (int64_t)-rc, LOG_END);
            return 1;
        }
    }
    FCGX_Free(&in, 1);
    return 0;
}

extern char **environ;

/* libfcgi's own functions for this are those of its stdio copy only. */
static int serve_cgi(struct app *app)
{
    FCGX_Request in = {.envp = environ};

    serve(app, &in);
    return 0;
}

/* Workers are replaced now and then, to bound leaks of libraries; spread, not all at once. */
static void choose_age(struct app *app)
{
    int64_t requests = app->process.conf.worker_max_requests;
    int64_t seconds = app->process.conf.worker_max_seconds;

    if (requests > 0)
        app->serve_at_most = requests + random_below((uint32_t)(requests / 10 + 1));
    if (seconds > 0)
        app->leave_at =
            utc_add_seconds(utc_now(), seconds + random_below((uint32_t)(seconds / 10 + 1)));
}

int app_run(const char *name, const struct dialect *dialect, const struct route *routes, size_t n)
{
    struct app app = {.dialect = dialect, .routes = routes, .nroutes = n};
    /* libfcgi looks at descriptor 0 only: under systemd that need not be the socket. */
    bool cgi = listening_fd() == STDIN_FILENO && FCGX_IsCGI();
    int signals = block_signals();

    if (signals < 0 || FCGX_Init() != 0) {
        fprintf(stderr, "%s: can't start: %s\n", name, strerror(errno));
        return 1;
    }
    if (!process_start(&app.process, name, NEEDS_KEY))
        return 1;
    choose_age(&app);
    int status = cgi ? serve_cgi(&app) : serve_fastcgi(&app, signals);
    process_end(&app.process);
    return status;
}
