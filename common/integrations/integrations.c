#include "integrations/integrations.h"

#include <string.h>

#include "integrations/credentials.h"
#include "integrations/integration_request.h"
#include "integrations/integrations_sql.h"

const char *const integration_status_names[] = {"active", "inactive", "test_mode", NULL};

const char *integration_type(const char *provider_type)
{
    static const struct {
        const char *given, *known;
    } types[] = {
        {"kuveyt", "kuveyt"},
        {"kuwait", "kuveyt"},
        {"paytr",  "paytr" },
    };

    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i].given, provider_type) == 0)
            return types[i].known;
    return NULL;
}

/* ---- Reading ---- */

static void complete(struct integration *i)
{
    bool test = i->status == INTEGRATION_TEST_MODE ||
                (i->status == INTEGRATION_INACTIVE && i->test_endpoint != NULL);

    i->mode = test ? MODE_TEST : MODE_LIVE;
    i->endpoint = test ? i->test_endpoint : i->api_endpoint;
}

static enum err found(enum err e, struct integration *out)
{
    if (e == OK)
        complete(out);
    return e == E_NOT_FOUND ? E_NO_INTEGRATION_ID : e;
}

enum err integration_read(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct integration *out)
{
    return found(integration_select_kept(db, tenant, id, out), out);
}

enum err integration_by_id(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                           struct integration *out)
{
    return found(integration_select(db, tenant, id, out), out);
}

enum err integration_for_payment(struct db *db, struct tenant_id tenant, const char *provider_type,
                                 struct integration *out)
{
    const char *type = integration_type(provider_type);
    enum err e = type == NULL ? E_NOT_FOUND : integration_select_payable(db, tenant, type, out);

    if (e == OK)
        complete(out);
    return e == E_NOT_FOUND ? err_say(E_NO_INTEGRATION, "%s", provider_type) : e;
}

static bool is_status(const char *word)
{
    for (size_t i = 0; integration_status_names[i] != NULL; i++)
        if (strcmp(integration_status_names[i], word) == 0)
            return true;
    return false;
}

enum err integration_list(struct db *db, struct tenant_id tenant,
                          const struct integration_filter *filter, struct integration **out,
                          size_t *n)
{
    struct integration_filter f = *filter;

    *n = 0;
    if (f.provider_type != NULL && (f.provider_type = integration_type(f.provider_type)) == NULL)
        return OK;
    if (f.status != NULL && !is_status(f.status))
        return OK;
    TRY(integration_select_page(db, tenant, &f, out, n));
    for (size_t i = 0; i < *n; i++)
        complete(&(*out)[i]);
    return OK;
}

/* ---- Changing ---- */

/* One call's arguments, for the functions that run inside its transaction. */
struct job {
    const struct process *p;
    struct tenant_id tenant;
    struct utc now;
    const struct integration_id *id;
    const struct integration_request *req;
    struct integration_faults *faults;
    struct integration *out;
};

/* Secrets that the request gives, in a new row; the other one is carried over from the old. */
static enum err renew_credential(const struct job *j, struct integration *row, bool moved)
{
    struct secrets s = {0};

    if (!secret_is_given(j->req->api_key) && !secret_is_given(j->req->api_secret))
        return OK;
    if (!uuid_is_none(row->credential_id.text))
        TRY(credential_open(j->p->db, j->p->keys, j->tenant, &row->credential_id, &s));
    if (moved)
        s.api_secret = NULL;
    if (secret_is_given(j->req->api_key))
        s.api_key = j->req->api_key;
    if (secret_is_given(j->req->api_secret))
        s.api_secret = j->req->api_secret;
    uuid_new(row->credential_id.text);
    return credential_add(j->p, j->tenant, j->now, &row->id, &row->credential_id, &s);
}

static enum err create_locked(const struct job *j)
{
    struct integration row = {
        .provider_type = integration_type(j->req->provider_type),
        .description = "",
        .status = INTEGRATION_INACTIVE,
        .config = "{}",
    };
    bool moved;

    TRY(integration_apply(j->p, j->req, j->faults, &row, &moved));
    uuid_new(row.id.text);
    TRY(integration_insert(j->p->db, j->tenant, &row, j->now));
    TRY(renew_credential(j, &row, moved));
    TRY(integration_update(j->p->db, j->tenant, &row, j->now)); /* its credential_id */
    return integration_select_kept(j->p->db, j->tenant, &row.id, j->out);
}

static enum err change_locked(const struct job *j)
{
    struct integration row;
    bool moved;

    TRY(integration_lock(j->p->db, j->tenant, j->id, &row));
    bool has_secret = row.api_key_set || row.api_secret_set;
    TRY(integration_apply(j->p, j->req, j->faults, &row, &moved));
    if (moved && has_secret && !secret_is_given(j->req->api_key))
        return E_SECRET_AGAIN;
    TRY(renew_credential(j, &row, moved));
    TRY(integration_update(j->p->db, j->tenant, &row, j->now));
    return integration_select_kept(j->p->db, j->tenant, &row.id, j->out);
}

/* The transaction around one of the two. */
static enum err run(const struct job *j, enum err (*locked)(const struct job *j))
{
    enum err e;

    DB_TX(j->p->db, &e)
        e = locked(j);
    return e == E_DUPLICATE ? E_INTEGRATION_NAME : found(e, j->out);
}

enum err integration_create(const struct process *p, struct tenant_id tenant, struct utc now,
                            const struct integration_request *req,
                            struct integration_faults *faults, struct integration *out)
{
    const struct job j = {p, tenant, now, NULL, req, faults, out};

    if (integration_type(req->provider_type) == NULL) {
        *faults = (struct integration_faults){
            1, {{"provider_type", "Bilinmeyen sağlayıcı türü.", "Unknown provider type."}}};
        return E_BAD_INPUT;
    }
    return run(&j, create_locked);
}

enum err integration_change(const struct process *p, struct tenant_id tenant, struct utc now,
                            const struct integration_id *id, const struct integration_request *req,
                            struct integration_faults *faults, struct integration *out)
{
    const struct job j = {p, tenant, now, id, req, faults, out};

    return run(&j, change_locked);
}

enum err integration_delete(struct db *db, struct tenant_id tenant, struct utc now,
                            const struct integration_id *id)
{
    enum err e = integration_hide(db, tenant, id, now);

    return e == E_NOT_FOUND ? E_NO_INTEGRATION_ID : e;
}

/* ---- Using ---- */

static void put_json(void *p)
{
    json_object_put(p);
}

/* Never NULL: what can't be read is an empty object. */
static struct json_object *config_object(struct arena *mem, const char *text)
{
    struct json_object *o = json_tokener_parse(text);

    if (!json_object_is_type(o, json_type_object)) {
        json_object_put(o);
        o = json_object_new_object();
    }
    arena_defer(mem, put_json, o);
    return o;
}

enum err integration_account(struct db *db, const struct keyring *keys, struct tenant_id tenant,
                             const struct credential_id *credential, enum pay_mode mode,
                             const char *endpoint, const char *config_text,
                             struct provider_account *out)
{
    struct secrets s = {0};

    TRY(credential_open(db, keys, tenant, credential, &s));
    *out = (struct provider_account){
        .mode = mode,
        .endpoint = endpoint,
        .api_key = s.api_key,
        .api_secret = s.api_secret,
        .config = config_object(db_arena(db), config_text),
    };
    return OK;
}

enum err integration_used(struct db *db, struct tenant_id tenant, const struct integration_id *id,
                          struct utc now, const char *error_or_null)
{
    return error_or_null == NULL ? integration_note_use(db, tenant, id, now)
                                 : integration_note_error(db, tenant, id, error_or_null);
}

static const struct integration_reason reasons[] = {
    {"no_endpoint",  "Adres girilmemiş.",                               "There is no endpoint."                  },
    {"no_key",       "api_key girilmemiş.",                             "There is no api_key."                   },
    {"unsupported",  "Bu sağlayıcının testi henüz desteklenmiyor.", "It can not be tested yet."              },
    {"unreachable",  "Sunucuya ulaşılamadı.",                         "The server could not be reached."       },
    {"tls",          "Sunucu ile güvenli bağlantı kurulamadı.",      "No secure connection to the server."    },
    {"refused",      "Bu adresin aranmasına izin verilmiyor.",          "This address may not be called."        },
    {"timeout",      "Sunucu zamanında yanıt vermedi.",                "The server did not answer in time."     },
    {"unauthorized", "API anahtarı kabul edilmedi.",                    "The API key was not accepted."          },
    {"server_error", "Sunucu hata bildirdi.",                            "The server reported an error."          },
    {"unexpected",   "Sunucunun yanıtı anlaşılamadı.",              "The server's answer was not understood."},
};

/* A word without a row reads as the last one. */
static const struct integration_reason *reason(const char *word)
{
    size_t i = 0;

    while (i < COUNT(reasons) - 1 && strcmp(reasons[i].word, word) != 0)
        i++;
    return &reasons[i];
}

const char *integration_called_endpoint(const struct conf *conf, const char *endpoint)
{
    if (strcmp(endpoint, "https://test-api.kuveyt.com/payment") == 0 &&
        conf->kuveyt_test_url[0] != '\0')
        return conf->kuveyt_test_url;
    if (strcmp(endpoint, "https://api.kuveyt.com/payment") == 0 && conf->kuveyt_live_url[0] != '\0')
        return conf->kuveyt_live_url;
    return endpoint;
}

/* What speaks against even asking; NULL: nothing. */
static const char *obstacle(const struct provider *provider, const struct integration *i)
{
    if (provider == NULL || provider->probe == NULL)
        return "unsupported";
    if (i->endpoint == NULL)
        return "no_endpoint";
    return i->api_key_set ? NULL : "no_key";
}

/* `*word` of the table above; NULL: the account works. */
static enum err probe(const struct process *p, struct tenant_id tenant, struct utc now,
                      const struct integration *i, const char **word)
{
    const struct provider *provider = provider_by_name(i->provider_type);
    struct provider_account account;

    *word = obstacle(provider, i);
    if (*word != NULL)
        return OK;
    TRY(integration_account(p->db, p->keys, tenant, &i->credential_id, i->mode,
                            integration_called_endpoint(&p->conf, i->endpoint), i->config,
                            &account));
    const struct provider_env env = {
        .http = p->http,
        .mem = p->mem,
        .account = &account,
        .base_url = p->conf.base_url,
        .allowed_endpoints = p->conf.allowed_endpoints,
        .now = now,
    };
    *word = provider->probe(&env);
    return OK;
}

enum err integration_test(const struct process *p, struct tenant_id tenant, struct utc now,
                          const struct integration_id *id, struct integration *out,
                          const struct integration_reason **failed)
{
    const char *word;

    TRY(integration_read(p->db, tenant, id, out));
    TRY(probe(p, tenant, now, out, &word));
    *failed = word == NULL ? NULL : reason(word);
    return integration_used(p->db, tenant, id, now, word == NULL ? NULL : (*failed)->tr);
}
