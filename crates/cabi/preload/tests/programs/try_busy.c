// A try-lock that fails leaves nothing held.
// expect: clean
#include <errno.h>
#include <stdatomic.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static atomic_int over;

static void *busy(void *unused)
{
    CHECK(pthread_mutex_trylock(&a) == EBUSY);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    over = 1;
    return unused;
}

int main(void)
{
    pthread_t thread;
    pthread_mutex_lock(&a);
    CHECK(pthread_create(&thread, NULL, busy, NULL) == 0);
    while (!over)
        ;
    pthread_mutex_unlock(&a);
    CHECK(pthread_join(thread, NULL) == 0);
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    return 0;
}
