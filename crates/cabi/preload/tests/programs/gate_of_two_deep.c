// The stack at a second gate begins there, though the lock before it was taken further up.
// expect: HB0001 circular-dependency a b
// env: HELDBY_REPORTS=stderr
// says: gate_of_two_deep.c:12:5, in forth, thread `main`
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void forth(pthread_mutex_t *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(gate);
}

__attribute__((noinline)) static void back(pthread_mutex_t *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(gate);
}

// Further down the stack than what came before.
__attribute__((noinline)) static void deep(pthread_mutex_t *gate)
{
    volatile char room[1 << 16];
    room[0] = 0;
    forth(gate);
    CHECK(room[0] == 0);
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
    deep(second);
    return 0;
}
