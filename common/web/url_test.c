#include "web/url.h"

#include <string.h>

#include "test.h"
#include "web/http_client.h"

#define ALLOWED "127.0.0.1:8081,sandbox:9000,[::1]:8443,local.example:443"

static struct arena *mem;

struct url_case {
    const char *url;
    const char *fault; /* NULL: it may, as */
    const char *text;
};

static const struct url_case endpoint_cases[] = {
    {"https://api.example.com",                 NULL,       "https://api.example.com"       },
    {"https://api.example.com/",                NULL,       "https://api.example.com"       },
    {"HTTPS://API.Example.COM:443/V1/",         NULL,       "https://api.example.com/V1"    },
    {"https://api.example.com:0443/v1//",       NULL,       "https://api.example.com/v1"    },
    {"https://api.example.com/a/../b/./c",      NULL,       "https://api.example.com/b/c"   },
    {"https://api.example.com/a%2Fb",           NULL,       "https://api.example.com/a%2Fb" },
    {"https://xn--tst-6la.example/x",           NULL,       "https://xn--tst-6la.example/x" },
    {"https://8.8.8.8/x",                       NULL,       "https://8.8.8.8/x"             },
    {"https://[2001:4860:4860:0::8888]/",       NULL,       "https://[2001:4860:4860::8888]"},
    {"http://127.0.0.1:8081/kuveyt",            NULL,       "http://127.0.0.1:8081/kuveyt"  },
    {"http://2130706433:8081/",                 NULL,       "http://127.0.0.1:8081"         },
    {"http://sandbox:9000",                     NULL,       "http://sandbox:9000"           },
    {"https://[0::1]:8443/",                    NULL,       "https://[::1]:8443"            },
    {"https://local.example/",                  NULL,       "https://local.example"         },
    {"http://local.example:443/",               NULL,       "http://local.example:443"      },

    {"",                                        "syntax",   NULL                            },
    {"api.example.com",                         "syntax",   NULL                            },
    {"//api.example.com/",                      "syntax",   NULL                            },
    {"https:api.example.com",                   "syntax",   NULL                            },
    {"https:/api.example.com",                  "syntax",   NULL                            },
    {"https:///api.example.com",                "host",     NULL                            },
    {"https://",                                "host",     NULL                            },
    {" https://api.example.com",                "syntax",   NULL                            },
    {"https://api.example.com\n",               "syntax",   NULL                            },
    {"https://api.example.com/a b",             "syntax",   NULL                            },
    {"https://api.example.com/\r\nX: y",        "syntax",   NULL                            },
    {"https://api.example.com\\@evil.example/", "syntax",   NULL                            },
    {"https://\xc4\xb1stanbul.example/",        "syntax",   NULL                            },
    {"https://127\xe3\x80\x82"
     "0.0.1/",                             "syntax",   NULL                            },
    {"https://api.example.com/%",               "syntax",   NULL                            },
    {"https://api.example.com/%zz",             "syntax",   NULL                            },
    {"https://api.example.com/{order_id}",      "syntax",   NULL                            },
    {"ftp://api.example.com/",                  "scheme",   NULL                            },
    {"file:///etc/passwd",                      "scheme",   NULL                            },
    {"gopher://127.0.0.1:6379/x",               "scheme",   NULL                            },
    {"javascript:alert(1)",                     "scheme",   NULL                            },
    {"data:text/html,x",                        "scheme",   NULL                            },
    {"http://api.example.com/",                 "scheme",   NULL                            },
    {"https://user@api.example.com/",           "userinfo", NULL                            },
    {"https://user:pw@api.example.com/",        "userinfo", NULL                            },
    {"https://@api.example.com/",               "userinfo", NULL                            },
    {"https://api.example.com:443@127.0.0.1/",  "userinfo", NULL                            },
    {"https://api.example.com/#x",              "fragment", NULL                            },
    {"https://api.example.com/#",               "fragment", NULL                            },
    {"https://api.example.com#@127.0.0.1/",     "fragment", NULL                            },
    {"https://api.example.com/?a=1",            "query",    NULL                            },
    {"https://api.example.com/?",               "query",    NULL                            },
    {"https://api.example.com?a",               "query",    NULL                            },
    {"https://api.example.com:8443/",           "port",     NULL                            },
    {"https://api.example.com:80/",             "port",     NULL                            },
    {"https://api.example.com:/",               "port",     NULL                            },
    {"https://api.example.com:0/",              "port",     NULL                            },
    {"https://api.example.com:65979/",          "port",     NULL                            },
    {"https://api.example.com:44x/",            "port",     NULL                            },
    {"https://api.example.com:-443/",           "port",     NULL                            },
    {"https://api..example.com/",               "host",     NULL                            },
    {"https://api.example.com./",               "host",     NULL                            },
    {"https://.example.com/",                   "host",     NULL                            },
    {"https://-a.example.com/",                 "host",     NULL                            },
    {"https://a_b.example.com/",                "host",     NULL                            },
    {"https://intranet/",                       "host",     NULL                            },
    {"https://api%2eexample.com/",              "host",     NULL                            },
    {"https://%31%32%37.0.0.1/",                "host",     NULL                            },
    {"https://1.2.3.4.5/",                      "host",     NULL                            },
    {"https://256.1.1.1/",                      "host",     NULL                            },
    {"https://api.example.0x7f/",               "host",     NULL                            },
    {"https://[::1/",                           "host",     NULL                            },
    {"https://[fe80::1%25eth0]/",               "host",     NULL                            },
    {"https://[v1.a]/",                         "host",     NULL                            },
    {"https://127.0.0.1/",                      "address",  NULL                            },
    {"https://127.1/",                          "address",  NULL                            },
    {"https://2130706433/",                     "address",  NULL                            },
    {"https://0177.0.0.1/",                     "address",  NULL                            },
    {"https://0x7f.1/",                         "address",  NULL                            },
    {"https://0x7F000001/",                     "address",  NULL                            },
    {"https://0/",                              "address",  NULL                            },
    {"https://169.254.169.254/latest",          "address",  NULL                            },
    {"https://3232235777/",                     "address",  NULL                            },
    {"https://[::]/",                           "address",  NULL                            },
    {"https://[::1]/",                          "address",  NULL                            },
    {"https://[::ffff:127.0.0.1]/",             "address",  NULL                            },
    {"https://[::ffff:8.8.8.8]/",               "address",  NULL                            },
    {"https://[64:ff9b::7f00:1]/",              "address",  NULL                            },
    {"https://[2002:7f00:1::]/",                "address",  NULL                            },
    {"https://localhost/",                      "address",  NULL                            },
    {"https://LOCALHOST/",                      "address",  NULL                            },
    {"https://a.localhost/",                    "address",  NULL                            },
};

static const struct url_case return_cases[] = {
    {"https://shop.example/ok",                  NULL,       "https://shop.example/ok"             },
    {"https://shop.example",                     NULL,       "https://shop.example/"               },
    {"https://shop.example/ok/",                 NULL,       "https://shop.example/ok/"            },
    {"https://shop.example:8443/ok?a=1&b=2",     NULL,       "https://shop.example:8443/ok?a=1&b=2"},
    {"https://shop.example/{order_id}?i=1",      NULL,       "https://shop.example/{order_id}?i=1" },
    {"https://Shop.Example/?o={order_id}",       NULL,       "https://shop.example/?o={order_id}"  },
    {"http://127.0.0.1:8081/ok?x",               NULL,       "http://127.0.0.1:8081/ok?x"          },
    {"http://sandbox:9000/",                     NULL,       "http://sandbox:9000/"                },
    {"http://shop.example/ok",                   "scheme",   NULL                                  },
    {"http://127.0.0.1/ok",                      "scheme",   NULL                                  },
    {"javascript:alert(1)",                      "scheme",   NULL                                  },
    {"//shop.example/",                          "syntax",   NULL                                  },
    {"/ok",                                      "syntax",   NULL                                  },
    {"https://shop.example/\r\nSet-Cookie: a=b", "syntax",   NULL                                  },
    {"https://shop.example/<script>",            "syntax",   NULL                                  },
    {"https://shop.example/\"",                  "syntax",   NULL                                  },
    {"https://{order_id}.example/",              "host",     NULL                                  },
    {"https://u:p@shop.example/",                "userinfo", NULL                                  },
    {"https://shop.example/#top",                "fragment", NULL                                  },
};

typedef const char *check_fn(struct arena *, const char *, const char *, const char **);

static void run_case(check_fn *check, const struct url_case *c)
{
    const char *text = NULL;
    const char *again = NULL;
    const char *fault = check(mem, ALLOWED, c->url, &text);

    CHECK_THAT((fault == NULL) == (c->fault == NULL) &&
                   (fault == NULL || strcmp(fault, c->fault) == 0),
               "%s: %s", c->url, fault == NULL ? "may" : fault);
    if (fault != NULL || c->fault != NULL)
        return;
    CHECK_THAT(strcmp(text, c->text) == 0, "%s: %s", c->url, text);
    CHECK_THAT(check(mem, ALLOWED, text, &again) == NULL && strcmp(text, again) == 0,
               "not canonical: %s", text);
}

static void endpoints(void)
{
    for (size_t i = 0; i < COUNT(endpoint_cases); i++)
        run_case(url_check, &endpoint_cases[i]);
}

static void return_urls(void)
{
    for (size_t i = 0; i < COUNT(return_cases); i++)
        run_case(return_url_check, &return_cases[i]);
}

static void lengths(void)
{
    char url[URL_MAX + 2];
    const char *text;

    memset(url, 'a', sizeof(url));
    memcpy(url, "https://a.example/", 18);
    url[URL_MAX] = '\0';
    CHECK_THAT(url_check(mem, "", url, &text) == NULL, "%d bytes", URL_MAX);
    url[URL_MAX] = 'a';
    url[URL_MAX + 1] = '\0';
    const char *fault = url_check(mem, "", url, &text);
    CHECK_THAT(fault != NULL && strcmp(fault, "syntax") == 0, "%d bytes", URL_MAX + 1);
}

int main(void)
{
    mem = arena_new(4UL * 1024 * 1024);
    RUN(endpoints);
    RUN(return_urls);
    RUN(lengths);
    arena_free(mem);
    return test_result();
}
