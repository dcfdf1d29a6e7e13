// A wait gives up its mutex and has it back; both ends of a time limit.
// expect: clean
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;

static void *wake(void *unused)
{
    pthread_mutex_lock(&m);
    ready = 1;
    pthread_cond_signal(&c);
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
    return unused;
}

int main(void)
{
    struct timespec until = {0, 0};
    pthread_t thread;
    pthread_mutex_lock(&m);
    CHECK(pthread_cond_timedwait(&c, &m, &until) == ETIMEDOUT);
    CHECK(pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &until) == ETIMEDOUT);
    CHECK(pthread_create(&thread, NULL, wake, NULL) == 0);
    while (!ready)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pthread_cond_destroy(&c) == 0);
    return 0;
}
