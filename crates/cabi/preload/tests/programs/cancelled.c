// A thread is cancelled in a wait, and its handler unlocks the mutex.
// expect: clean
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int waits;

static void unlock(void *mutex)
{
    pthread_mutex_unlock(mutex);
}

static void *wait_for_ever(void *unused)
{
    pthread_mutex_lock(&m);
    waits = 1;
    pthread_cleanup_push(unlock, &m);
    for (;;)
        pthread_cond_wait(&c, &m);
    pthread_cleanup_pop(0);
    return unused;
}

int main(void)
{
    pthread_t thread;
    void *result;
    int seen = 0;
    CHECK(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
    while (!seen) {
        pthread_mutex_lock(&m);
        seen = waits;
        pthread_mutex_unlock(&m);
    }
    CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    return 0;
}
