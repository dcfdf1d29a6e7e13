// Locks in a constructor, in an exit handler and in a destructor.
// expect: HB0001 circular-dependency a b
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

static void back(void)
{
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
}

__attribute__((constructor)) static void forth(void)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
}

__attribute__((destructor)) static void at_end(void)
{
    back();
}

int main(void)
{
    return atexit(back);
}
