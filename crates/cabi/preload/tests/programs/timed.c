// A wait that gives up orders nothing before its lock.
// expect: clean
#include <time.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

static struct timespec soon(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += 5;
    return now;
}

static void *forth(void *unused)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    return unused;
}

static void *back(void *unused)
{
    struct timespec until = soon();
    pthread_mutex_lock(&b);
    CHECK(pthread_mutex_timedlock(&a, &until) == 0);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    return unused;
}

int main(void)
{
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
