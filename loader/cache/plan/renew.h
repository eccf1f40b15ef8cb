/* A plan whose inputs have changed and give the same answers: note what they are now. */
#ifndef XIPLD_RENEW_H
#define XIPLD_RENEW_H

#include "cache/store/mapped_plan.h"

/*
 * Write the plan again with the identities that ld.so.cache and searched directories have now, so
 * that the next launch need not ask them. False: not written; the plan is as good as before.
 */
bool plan_renew(const struct plan *plan);

#endif
