// The locks of a large array are one class, and not each its own.
// expect: HB0001 circular-dependency locks[] locks[]
#include "turn.h"

enum { LOCKS = 4096 };
static pthread_mutex_t locks[LOCKS];

static void both(int first, int second)
{
    pthread_mutex_lock(&locks[first]);
    pthread_mutex_lock(&locks[second]);
    pthread_mutex_unlock(&locks[second]);
    pthread_mutex_unlock(&locks[first]);
}

static void *forth(void *unused)
{
    for (int at = 1; at < LOCKS; at++)
        both(at - 1, at);
    return unused;
}

static void *back(void *unused)
{
    both(LOCKS - 1, LOCKS - 2);
    return unused;
}

int main(void)
{
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
