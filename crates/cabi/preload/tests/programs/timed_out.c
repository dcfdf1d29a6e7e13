// A wait that gave up leaves nothing held.
// expect: clean
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;

static void *wait_in_vain(void *unused)
{
    struct timespec past = {0, 0};
    CHECK(pthread_mutex_timedlock(&a, &past) == ETIMEDOUT);
    CHECK(pthread_mutex_clocklock(&a, CLOCK_MONOTONIC, &past) == ETIMEDOUT);
    return unused;
}

int main(void)
{
    pthread_mutex_lock(&a);
    turn(wait_in_vain, NULL);
    pthread_mutex_unlock(&a);
    return 0;
}
