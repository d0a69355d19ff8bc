#include "integrations/integration_request.h"

#include <string.h>

enum { ENDPOINT_MAX = 500 };

/* ---- What is wrong with a request ---- */

static void fault(struct integration_faults *faults, const char *field, const char *tr,
                  const char *en)
{
    if (faults->n < INTEGRATION_FAULTS_MAX)
        faults->list[faults->n++] = (struct integration_fault){field, tr, en};
}

/* `why` is a word of url_check(). */
static void url_fault(struct integration_faults *faults, const char *field, const char *why)
{
    static const struct {
        const char *why, *tr, *en;
    } texts[] = {
        {"scheme",   "Adres https ile başlamalıdır.",              "Must begin with https."    },
        {"userinfo", "Adreste kullanıcı adı veya şifre olamaz.",  "No name or password in it."},
        {"fragment", "Adreste # bölümü olamaz.",                   "May not have a # part."    },
        {"query",    "Adreste ? bölümü olamaz.",                   "May not have a ? part."    },
        {"port",     "Yalnızca 443 numaralı port kullanılabilir.", "Only port 443 may be used."},
        {"host",     "Herkese açık bir sunucu olmalıdır.",        "Must be a public host."    },
        {"address",  "Herkese açık bir sunucu olmalıdır.",        "Must be a public host."    },
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        if (strcmp(texts[i].why, why) == 0) {
            fault(faults, field, texts[i].tr, texts[i].en);
            return;
        }
    }
    fault(faults, field, "Geçerli bir adres giriniz.", "Please give a valid address.");
}

/* It travels in a header. */
static void check_key(const char *key, struct integration_faults *faults)
{
    for (const char *p = key; *p != '\0'; p++) {
        if (*p <= 0x20 || *p >= 0x7f) {
            fault(faults, "api_key", "Yalnızca boşluksuz ASCII karakterler içerebilir.",
                  "May hold printable ASCII without spaces only.");
            return;
        }
    }
}

/* ---- A request onto a row ---- */

/* Text typed in, in its canonical form; NULL with a fault when it may not be called. */
static const char *checked_endpoint(const struct process *p, struct integration_faults *faults,
                                    const char *field, const char *typed)
{
    const char *canonical = NULL;
    const char *why = url_check(db_arena(p->db), p->conf.allowed_endpoints, typed, &canonical);

    if (why == NULL && strlen(canonical) > ENDPOINT_MAX)
        why = "syntax";
    if (why == NULL)
        return canonical;
    url_fault(faults, field, why);
    return NULL;
}

/* True when a stored secret would now go to another address. */
static bool set_endpoint(const struct process *p, struct integration_faults *faults,
                         const char *field, const char *typed, const char **endpoint)
{
    const char *before = *endpoint;

    if (typed == NULL)
        return false;
    *endpoint = *typed == '\0' ? NULL : checked_endpoint(p, faults, field, typed);
    return *endpoint != NULL && (before == NULL || strcmp(before, *endpoint) != 0);
}

static void check_return_url(const struct process *p, struct integration_faults *faults,
                             struct json_object *config, const char *name)
{
    struct json_object *v = NULL;
    const char *canonical;
    const char *why;

    if (!json_object_object_get_ex(config, name, &v) || v == NULL)
        return;
    const char *field = arena_printf(db_arena(p->db), "config.%s", name);
    if (!json_object_is_type(v, json_type_string)) {
        fault(faults, field, "Alanın türü geçersiz.", "The field has the wrong type.");
        return;
    }
    why = return_url_check(db_arena(p->db), p->conf.allowed_endpoints, json_object_get_string(v),
                           &canonical);
    if (why != NULL)
        url_fault(faults, field, why);
}

static void set_config(const struct process *p, struct integration_faults *faults,
                       struct json_object *config, const char **text)
{
    if (config == NULL)
        return;
    check_return_url(p, faults, config, "return_url");
    check_return_url(p, faults, config, "cancel_url");
    *text = json_object_to_json_string_ext(config,
                                           JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (strlen(*text) > INTEGRATION_CONFIG_MAX)
        fault(faults, "config", "En fazla 4096 bayt olabilir.", "At most 4096 bytes.");
}

static void check_status(const struct integration *row, struct integration_faults *faults)
{
    switch ((enum integration_status)row->status) {
    case INTEGRATION_ACTIVE:
        if (row->api_endpoint == NULL)
            fault(faults, "api_endpoint", "Aktif mod için api endpoint gereklidir.",
                  "Active mode needs an api endpoint.");
        if (!row->api_key_set)
            fault(faults, "api_key", "Aktif mod için api key gereklidir.",
                  "Active mode needs an api key.");
        break;
    case INTEGRATION_TEST_MODE:
        if (row->test_endpoint == NULL)
            fault(faults, "test_endpoint", "Test modu için test endpoint gereklidir.",
                  "Test mode needs a test endpoint.");
        break;
    case INTEGRATION_INACTIVE:
    case INTEGRATION_STATUS_COUNT:
        break;
    }
}

enum err integration_apply(const struct process *p, const struct integration_request *req,
                           struct integration_faults *faults, struct integration *row, bool *moved)
{
    faults->n = 0; /* a transaction may run twice */
    if (req->name != NULL)
        row->name = req->name;
    if (req->description != NULL)
        row->description = req->description;
    if (req->status != INTEGRATION_STATUS_COUNT)
        row->status = req->status;
    if (secret_is_given(req->api_key)) {
        check_key(req->api_key, faults);
        row->api_key_set = true;
    }
    bool api = set_endpoint(p, faults, "api_endpoint", req->api_endpoint, &row->api_endpoint);
    bool test = set_endpoint(p, faults, "test_endpoint", req->test_endpoint, &row->test_endpoint);
    *moved = api || test;
    set_config(p, faults, req->config, &row->config);
    if (faults->n == 0)
        check_status(row, faults);
    return faults->n == 0 ? OK : E_BAD_INPUT;
}
