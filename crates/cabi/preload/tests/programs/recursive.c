// A recursive mutex is held until the last unlock, and one that checks says so instead of waiting.
// expect: HB0001 circular-dependency m other
#define _GNU_SOURCE
#include <errno.h>
#include "turn.h"

static pthread_mutex_t m = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t checks = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

static void *again(void *unused)
{
    pthread_mutex_lock(&m);
    pthread_mutex_lock(&m);
    CHECK(pthread_mutex_trylock(&m) == 0);
    pthread_mutex_unlock(&m);
    pthread_mutex_unlock(&m);
    // Still held.
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&other);
    pthread_mutex_unlock(&m);
    return unused;
}

static void *back(void *unused)
{
    pthread_mutex_lock(&other);
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    pthread_mutex_unlock(&other);
    return unused;
}

int main(void)
{
    turn(again, NULL);
    turn(back, NULL);
    CHECK(pthread_mutex_lock(&checks) == 0);
    CHECK(pthread_mutex_lock(&checks) == EDEADLK);
    CHECK(pthread_mutex_unlock(&checks) == 0);
    CHECK(pthread_mutex_unlock(&checks) == EPERM);
    return 0;
}
