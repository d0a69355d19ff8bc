#ifndef NOTICES_NOTICE_H
#define NOTICES_NOTICE_H
#include "notices/inbox.h"
#include "payments/payments.h"

/*
 * notice_apply - do what a stored notice is about, and mark it as handled
 *
 *   out  the attempt after it
 *
 * A gateway's return (provider "kuveyt", kind "ok" or "fail") proves nothing: it only makes us ask
 * the provider. May be done twice: the second time finds everything settled.
 *
 * OK also when the provider could not tell: the attempt stays open and the resolver asks again.
 * E_NO_PAYMENT (the notice is about nothing of ours: marked as refused), E_DB_*, and then it stays
 * new and is found again by the resolver.
 */
enum err notice_apply(const struct cashier *k, const struct inbox_item *item, struct attempt *out);

#endif
