// A semaphore is no lock unless that is asked for.
// expect: clean
#include <semaphore.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static sem_t s;

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
    CHECK(sem_init(&s, 0, 1) == 0);
    turn(forth, NULL);
    turn(back, NULL);
    return 0;
}
