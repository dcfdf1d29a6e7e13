// Spin locks in opposite orders.
// expect: HB0001 circular-dependency a b
#include "turn.h"

static pthread_spinlock_t a, b;

static void *forth(void *unused)
{
    pthread_spin_lock(&a);
    pthread_spin_lock(&b);
    pthread_spin_unlock(&b);
    pthread_spin_unlock(&a);
    return unused;
}

static void *back(void *unused)
{
    pthread_spin_lock(&b);
    CHECK(pthread_spin_trylock(&a) == 0);
    pthread_spin_unlock(&a);
    pthread_spin_lock(&a);
    pthread_spin_unlock(&a);
    pthread_spin_unlock(&b);
    return unused;
}

int main(void)
{
    CHECK(pthread_spin_init(&a, PTHREAD_PROCESS_PRIVATE) == 0);
    CHECK(pthread_spin_init(&b, PTHREAD_PROCESS_PRIVATE) == 0);
    turn(forth, NULL);
    turn(back, NULL);
    CHECK(pthread_spin_destroy(&a) == 0);
    CHECK(pthread_spin_destroy(&b) == 0);
    return 0;
}
