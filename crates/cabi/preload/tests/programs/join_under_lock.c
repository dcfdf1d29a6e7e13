// A thread is waited for under a lock that it takes. It had it before, so this run does not hang.
// expect: HB0005 circular-dependency m thread
#include <stdatomic.h>
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static atomic_int over;

static void *take(void *unused)
{
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    over = 1;
    return unused;
}

int main(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, take, NULL) == 0);
    while (!over)
        ;
    pthread_mutex_lock(&m);
    CHECK(pthread_join(thread, NULL) == 0);
    pthread_mutex_unlock(&m);
    return 0;
}
