// A gate that turns out to be one of two is none: the second one is taken in an order that is known.
// expect: HB0001 circular-dependency a b
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

static void *forth(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(gate);
    return NULL;
}

static void *back(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(gate);
    return NULL;
}

__attribute__((noinline)) static pthread_mutex_t *made(void)
{
    pthread_mutex_t *gate = malloc(sizeof(*gate));
    pthread_mutex_init(gate, NULL);
    return gate;
}

int main(void)
{
    pthread_mutex_t *first = made(), *second = made();
    forth(first);
    back(first);
    forth(second);
    return 0;
}
