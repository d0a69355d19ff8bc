#ifndef INTEGRATIONS_INTEGRATION_REQUEST_H
#define INTEGRATIONS_INTEGRATION_REQUEST_H
#include "integrations/integrations.h"

/* What a request asks for, checked: only for the rules in integrations.c. */

static inline bool secret_is_given(const char *secret)
{
    return secret != NULL && *secret != '\0';
}

/*
 * integration_apply - put what the request gives onto the row, and check what comes of it
 *
 *   faults  begins anew
 *   moved   the request brought an endpoint that the row did not have, so that a stored secret would
 *           go elsewhere; one that was missing and is filled in from the configuration is no move
 *
 * E_BAD_INPUT with faults; the row is then of no use.
 */
enum err integration_apply(const struct process *p, const struct integration_request *req,
                           struct integration_faults *faults, struct integration *row, bool *moved);

#endif
