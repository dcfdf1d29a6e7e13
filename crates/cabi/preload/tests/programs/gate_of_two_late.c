// The second gate is used first where its thread is not checked any more, and is met when it is used again.
// expect: HB0001 circular-dependency a b
#include <limits.h>
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static __thread int rounds;
static int was_late;

static void nested(pthread_mutex_t *gate, pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(gate);
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
    pthread_mutex_unlock(gate);
}

__attribute__((noinline)) static pthread_mutex_t *made(void)
{
    pthread_mutex_t *gate = malloc(sizeof(*gate));
    pthread_mutex_init(gate, NULL);
    return gate;
}

// In the last round.
static void late(void *gate)
{
    if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(key, gate);
        return;
    }
    nested(gate, &a, &b);
    was_late = 1;
}

static void *body(void *gate)
{
    pthread_setspecific(key, gate);
    return NULL;
}

int main(void)
{
    pthread_mutex_t *first = made(), *second = made();
    CHECK(pthread_key_create(&key, late) == 0);
    nested(first, &a, &b);
    nested(first, &b, &a);
    turn(body, second);
    CHECK(was_late);
    nested(second, &a, &b);
    return 0;
}
