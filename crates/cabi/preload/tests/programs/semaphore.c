// A semaphore as a lock, as the environment asks.
// env: HELDBY_SEMAPHORES=locks
// expect: HB0001 circular-dependency a s
#include <semaphore.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static sem_t s;
static sem_t counts;

static void *forth(void *unused)
{
    pthread_mutex_lock(&a);
    sem_wait(&s);
    sem_post(&s);
    pthread_mutex_unlock(&a);
    return unused;
}

static void *back(void *unused)
{
    sem_wait(&s);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    sem_post(&s);
    return unused;
}

int main(void)
{
    CHECK(sem_init(&s, 0, 1) == 0 && sem_init(&counts, 0, 2) == 0);
    CHECK(sem_wait(&counts) == 0);
    CHECK(sem_trywait(&s) == 0 && sem_post(&s) == 0);
    turn(forth, NULL);
    turn(back, NULL);
    CHECK(sem_destroy(&s) == 0);
    return 0;
}
