/* Heldby: a lockdep-style runtime lock validator for userspace.
 *
 * Put a heldby_lock_t beside a lock of your own, initialise it with the lock, and tell each acquire
 * before it blocks (a try only after it took the lock) and each release before it happens. The macros
 * at the end add the caller's place.
 *
 * Made by cbindgen from the sources of heldby-cabi: do not edit.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef HELDBY_H
#define HELDBY_H
