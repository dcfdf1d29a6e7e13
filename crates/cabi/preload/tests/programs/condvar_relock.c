// The lock that a wait takes back comes after what is still held: that is not seen by the dynamic linker.
// expect: HB0005 circular-dependency m outer
#include <errno.h>
#include <time.h>
#include "turn.h"

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static void *wait_inside(void *unused)
{
    struct timespec until = {0, 0};
    pthread_mutex_lock(&m);
    pthread_mutex_lock(&outer);
    // Gives up `m` and takes it back under `outer`.
    CHECK(pthread_cond_timedwait(&c, &m, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&m);
    pthread_mutex_unlock(&outer);
    return unused;
}

int main(void)
{
    turn(wait_inside, NULL);
    return 0;
}
