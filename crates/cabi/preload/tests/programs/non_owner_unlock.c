// A mutex is unlocked by a thread that does not have it: whoever has it loses it, and then has nothing to unlock.
// expect: HB0101 unlock-imbalance m
#include "turn.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *unlock(void *unused)
{
    pthread_mutex_unlock(&m);
    return unused;
}

int main(void)
{
    pthread_mutex_lock(&m);
    turn(unlock, NULL);
    pthread_mutex_unlock(&m);
    return 0;
}
