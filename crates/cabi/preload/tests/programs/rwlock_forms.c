// All ways to take a lock for readers and writers, each released.
// expect: clean
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>
#include "turn.h"

static pthread_rwlock_t r;

static void *take(void *unused)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    CHECK(pthread_rwlock_tryrdlock(&r) == 0);
    CHECK(pthread_rwlock_trywrlock(&r) == EBUSY);
    CHECK(pthread_rwlock_unlock(&r) == 0);
    CHECK(pthread_rwlock_trywrlock(&r) == 0);
    CHECK(pthread_rwlock_unlock(&r) == 0);
    CHECK(pthread_rwlock_timedrdlock(&r, &until) == 0);
    CHECK(pthread_rwlock_unlock(&r) == 0);
    CHECK(pthread_rwlock_timedwrlock(&r, &until) == 0);
    CHECK(pthread_rwlock_unlock(&r) == 0);
    CHECK(pthread_rwlock_clockrdlock(&r, CLOCK_REALTIME, &until) == 0);
    CHECK(pthread_rwlock_unlock(&r) == 0);
    CHECK(pthread_rwlock_clockwrlock(&r, CLOCK_REALTIME, &until) == 0);
    CHECK(pthread_rwlock_unlock(&r) == 0);
    return unused;
}

int main(void)
{
    CHECK(pthread_rwlock_init(&r, NULL) == 0);
    turn(take, NULL);
    CHECK(pthread_rwlock_destroy(&r) == 0);
    return 0;
}
