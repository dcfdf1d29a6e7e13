// A barrier is waited for under no lock and under one that is nobody else's.
// expect: clean
#include "turn.h"

static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void *meet(void *unused)
{
    pthread_barrier_wait(&both);
    return unused;
}

int main(void)
{
    pthread_t thread;
    CHECK(pthread_barrier_init(&both, NULL, 2) == 0);
    CHECK(pthread_create(&thread, NULL, meet, NULL) == 0);
    pthread_mutex_lock(&own);
    pthread_barrier_wait(&both);
    pthread_mutex_unlock(&own);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pthread_barrier_destroy(&both) == 0);
    return 0;
}
