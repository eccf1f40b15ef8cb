/* Before every file of the loader: all that it declares is its own, so that no table of addresses
 * is needed to reach it (xipld.lds allows none). */
#pragma GCC visibility push(hidden)
