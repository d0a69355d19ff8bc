#include "integrations/integrations.h"
#include "base/json_defer.h"

#include "handlers.h"

/* ---- In ---- */

// clang-format off
#define IN(member) #member, FIELD(struct integration_request, member)
static const struct field request_json[] = {
    {IN(name),          .min = 1, .max = 255},
    {IN(description),   .max = 1000, .form = TEXT_FREE},
    {IN(status),        .names = integration_status_names},
    {IN(api_key),       .max = 500, .form = TEXT_SECRET},
    {IN(api_secret),    .max = 500, .form = TEXT_SECRET},
    {IN(api_endpoint),  .max = 500, .min = 1, .form = TEXT_URL},
    {IN(test_endpoint), .max = 500, .form = TEXT_URL},
};
// clang-format on
/* What a new one can't do without. */
static const struct field new_json[] = {
    {IN(provider_type), TEXT_MAX(32) },
    {IN(name),          TEXT_MAX(255)},
};

static bool is_null(const struct ctx *c, const char *name)
{
    struct json_object *v = NULL;

    return json_object_object_get_ex(c->input, name, &v) && v == NULL;
}

/* The config object is taken whole, and null empties what may be empty. */
static enum err read_request(struct ctx *c, struct integration_request *req, bool is_new)
{
    *req = (struct integration_request){.status = INTEGRATION_STATUS_COUNT};
    enum err e = ctx_input(c, req, request_json);
    if (c->input == NULL)
        return e;
    if (is_new)
        e = ctx_input(c, req, new_json);
    if (ctx_has(c, "config")) {
        json_object_object_get_ex(c->input, "config", &req->config);
        if (!json_object_is_type(req->config, json_type_object))
            e = ctx_bad(c, "config", "Alanın türü geçersiz.", "The field has the wrong type.");
    }
    if (is_null(c, "description"))
        req->description = "";
    if (is_null(c, "test_endpoint"))
        req->test_endpoint = "";
    return e;
}

/* ---- Out ---- */

static const struct field integration_json[] = {
    {"id",             FIELD(struct integration, id),             REQUIRED                       },
    {"provider_type",  FIELD(struct integration, provider_type),  REQUIRED                       },
    {"name",           FIELD(struct integration, name),           REQUIRED                       },
    {"description",    FIELD(struct integration, description),    REQUIRED                       },
    {"status",         FIELD(struct integration, status),         NAMES(integration_status_names)},
    {"api_endpoint",   FIELD(struct integration, api_endpoint),   OPTIONAL                       },
    {"test_endpoint",  FIELD(struct integration, test_endpoint),  OPTIONAL                       },
    {"api_key_set",    FIELD(struct integration, api_key_set),    REQUIRED                       },
    {"api_key_last4",  FIELD(struct integration, api_key_last4),  OPTIONAL                       },
    {"api_secret_set", FIELD(struct integration, api_secret_set), REQUIRED                       },
    {"last_used_at",   FIELD(struct integration, last_used_at),   OPTIONAL                       },
    {"last_error",     FIELD(struct integration, last_error),     OPTIONAL                       },
    {"created_at",     FIELD(struct integration, created_at),     REQUIRED                       },
};

static const char *status_words(const struct ctx *c, unsigned status)
{
    switch ((enum integration_status)status) {
    case INTEGRATION_ACTIVE:
        return ctx_words(c, "Aktif", "Active");
    case INTEGRATION_INACTIVE:
        return ctx_words(c, "Pasif", "Inactive");
    case INTEGRATION_TEST_MODE:
        return ctx_words(c, "Test Modu", "Test mode");
    case INTEGRATION_STATUS_COUNT:
        break;
    }
    return "";
}

static struct json_object *to_json(const struct ctx *c, const struct integration *i)
{
    struct json_object *o = json_row(i, integration_json);

    json_object_object_add(o, "status_display", json_object_new_string(status_words(c, i->status)));
    json_object_object_add(o, "config", json_tokener_parse(i->config));
    return o;
}

static enum err reply(struct ctx *c, int status, const char *tr, const char *en,
                      const struct integration *i)
{
    struct json_object *root = ctx_success(c, tr, en);

    json_object_object_add(root, "integration", to_json(c, i));
    return ctx_reply(c, status, root);
}

/* Hands the rule's faults to the answer. */
static enum err tell_faults(struct ctx *c, enum err e, const struct integration_faults *faults)
{
    for (size_t i = 0; e == E_BAD_INPUT && i < faults->n; i++)
        e = ctx_bad(c, faults->list[i].field, faults->list[i].tr, faults->list[i].en);
    return e;
}

static enum err path_id(const struct ctx *c, struct integration_id *out)
{
    return ctx_path_uuid(c, "integration", out->text, E_NO_INTEGRATION_ID);
}

/* ---- Handlers ---- */

/* GET /api/integrations/?provider_type=&status=&limit=&cursor= */
enum err integrations_list(struct ctx *c)
{
    struct integration_filter f = {.provider_type = ctx_query(c, "provider_type"),
                                   .status = ctx_query(c, "status")};
    struct integration *rows;
    struct page page;
    size_t n;

    TRY(ctx_page(c, &page));
    f.before = page.before;
    f.before_id = page.before_id;
    f.limit = page.limit + 1;
    TRY(integration_list(c->db, c->tenant.id, &f, &rows, &n));
    if ((int64_t)n > page.limit) {
        n = (size_t)page.limit;
        ctx_next_page(c, rows[n - 1].created_at, rows[n - 1].id.text);
    }
    struct json_object *list = json_object_new_array_ext((int)n);
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, to_json(c, &rows[i]));
    struct json_object *root = ctx_success(c, NULL, NULL);
    json_object_object_add(root, "integrations", list);
    return ctx_reply(c, 200, root);
}

/* POST /api/integrations/   201 {"success", "message", "integration"}; 400 bad_input, integration_exists */
enum err integrations_create(struct ctx *c)
{
    struct integration_faults faults = {0};
    struct integration_request req;
    struct integration made;

    TRY(read_request(c, &req, true));
    enum err e = integration_create(c->process, c->tenant.id, c->now, &req, &faults, &made);
    TRY(tell_faults(c, e, &faults));
    return reply(c, 201, "Entegrasyon oluşturuldu.", "Integration created.", &made);
}

/* GET /api/integrations/:integration/   404 integration_not_found */
enum err integrations_show(struct ctx *c)
{
    struct integration_id id;
    struct integration i;

    TRY(path_id(c, &id));
    TRY(integration_read(c->db, c->tenant.id, &id, &i));
    return reply(c, 200, NULL, NULL, &i);
}

/* PATCH /api/integrations/:integration/   400 bad_input, integration_exists, secret_required; 404 */
enum err integrations_update(struct ctx *c)
{
    struct integration_faults faults = {0};
    struct integration_request req;
    struct integration_id id;
    struct integration changed;

    TRY(path_id(c, &id));
    TRY(read_request(c, &req, false));
    enum err e = integration_change(c->process, c->tenant.id, c->now, &id, &req, &faults, &changed);
    TRY(tell_faults(c, e, &faults));
    return reply(c, 200, "Entegrasyon güncellendi.", "Integration updated.", &changed);
}

/* DELETE /api/integrations/:integration/   404 integration_not_found */
enum err integrations_remove(struct ctx *c)
{
    struct integration_id id;

    TRY(path_id(c, &id));
    TRY(integration_delete(c->db, c->tenant.id, c->now, &id));
    return ctx_reply(c, 200, ctx_success(c, "Entegrasyon silindi.", "Integration deleted."));
}

/*
 * POST /api/integrations/:integration/test/   calls the provider
 * 200 {"success": true, "test_result": {"success", "message", "endpoint", "test_mode"}}
 * 400 integration_test_failed, 404 integration_not_found
 */
enum err integrations_test(struct ctx *c)
{
    const struct integration_reason *failed;
    struct integration_id id;
    struct integration i;

    TRY(path_id(c, &id));
    TRY(integration_test(c->process, c->tenant.id, c->now, &id, &i, &failed));
    if (failed != NULL)
        return err_say(E_TEST_FAILED, "%s", ctx_words(c, failed->tr, failed->en));

    struct json_object *root = ctx_success(c, NULL, NULL);
    struct json_object *result = ctx_success(c, "Kuveyt API bağlantısı test edildi.",
                                             "The connection to Kuveyt API was tested.");
    json_object_object_add(result, "endpoint", json_object_new_string(i.endpoint));
    json_object_object_add(result, "test_mode", json_object_new_boolean(i.mode == MODE_TEST));
    json_object_object_add(root, "test_result", result);
    return ctx_reply(c, 200, root);
}

/* GET /api/integrations/type/:type/   the one that takes payments now; 404 when there is none */
enum err integrations_of_type(struct ctx *c)
{
    const char *type = ctx_path_text(c, "type");
    struct integration i;

    enum err e = integration_for_payment(c->db, c->tenant.id, type, &i);
    if (e == E_NO_INTEGRATION)
        return err_say(E_NO_INTEGRATION_TYPE, "%s", type);
    TRY(e);
    return reply(c, 200, NULL, NULL, &i);
}
