// Two threads really wait for each other: it is told, not only suffered.
// expect: HB0001 circular-dependency a b
// ends: killed
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void *forth(void *unused)
{
    pthread_mutex_lock(&a);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&b);
    return unused;
}

static void *back(void *unused)
{
    pthread_mutex_lock(&b);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&a);
    return unused;
}

int main(void)
{
    pthread_t thread;
    CHECK(pthread_barrier_init(&both, NULL, 2) == 0);
    alarm(3);
    CHECK(pthread_create(&thread, NULL, forth, NULL) == 0);
    back(NULL);
    return 0;
}
