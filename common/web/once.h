#ifndef WEB_ONCE_H
#define WEB_ONCE_H
#include "web/ctx.h"

/*
 * ctx_once - run a handler's work under the request's Idempotency-Key
 *
 *   lease_s  longer than the work can take; a killed worker's key is free after it
 *   work     replies as a handler does; `again` says that it ran before with this key and left no
 *            answer, so it must look for what that try did
 *
 * Answers of 2xx and 4xx are kept and given again. After anything else (5xx, 202, 429) the key is
 * free: the client may try again. Without a key the work simply runs. Call ctx_identify() first.
 */
typedef enum err once_fn(struct ctx *c, bool again);
enum err ctx_once(struct ctx *c, int64_t lease_s, once_fn *work);

#endif
