// A holder ended: the next one has the lock all the same.
// expect: HB0103 exit-with-held-lock m
#define _GNU_SOURCE
#include <errno.h>
#include "turn.h"

static pthread_mutex_t m;

static void *leave(void *unused)
{
    CHECK(pthread_mutex_lock(&m) == 0);
    return unused;
}

int main(void)
{
    pthread_mutexattr_t robust;
    pthread_mutexattr_init(&robust);
    pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    CHECK(pthread_mutex_init(&m, &robust) == 0);
    turn(leave, NULL);
    CHECK(pthread_mutex_lock(&m) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&m) == 0);
    CHECK(pthread_mutex_unlock(&m) == 0);
    CHECK(pthread_mutex_lock(&m) == 0);
    CHECK(pthread_mutex_unlock(&m) == 0);
    return 0;
}
