// A barrier is waited for under a lock that all who come need; told where events are judged at once.
// env: HELDBY_EVENTS=strict
// expect: HB0005 circular-dependency both gate
#include "turn.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void *meet(void *unused)
{
    pthread_mutex_lock(&gate);
    pthread_barrier_wait(&both);
    pthread_mutex_unlock(&gate);
    return unused;
}

int main(void)
{
    CHECK(pthread_barrier_init(&both, NULL, 1) == 0);
    turn(meet, NULL);
    turn(meet, NULL);
    return 0;
}
