// A function of C is called by its name, though that could be a type of C++: d is double, St is std.
// expect: HB0001 circular-dependency a b
// env: HELDBY_REPORTS=stderr
// says: take `a` before `b` in St, as d does, or unlock `b` before
#include "turn.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void d(void)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
}

__attribute__((noinline)) static void St(void)
{
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
}

int main(void)
{
    d();
    St();
    return 0;
}
