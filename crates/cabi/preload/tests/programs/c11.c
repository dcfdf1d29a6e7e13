// The names of C11.
// expect: HB0001 circular-dependency a b
#include <threads.h>
#include <time.h>
#include "turn.h"

static mtx_t a, b;
static cnd_t c;
static once_flag flag = ONCE_FLAG_INIT;
static int ready;

static void initialise(void)
{
    CHECK(mtx_init(&a, mtx_plain) == thrd_success);
    CHECK(mtx_init(&b, mtx_timed | mtx_recursive) == thrd_success);
    CHECK(cnd_init(&c) == thrd_success);
}

static int forth(void *unused)
{
    (void)unused;
    CHECK(mtx_lock(&a) == thrd_success);
    CHECK(mtx_lock(&b) == thrd_success);
    CHECK(mtx_trylock(&b) == thrd_success);
    CHECK(mtx_unlock(&b) == thrd_success);
    CHECK(mtx_unlock(&b) == thrd_success);
    ready = 1;
    CHECK(cnd_signal(&c) == thrd_success);
    CHECK(mtx_unlock(&a) == thrd_success);
    return -7;
}

int main(void)
{
    struct timespec past = {0, 0};
    thrd_t thread;
    int result = 0;
    call_once(&flag, initialise);
    call_once(&flag, abort);
    CHECK(mtx_lock(&a) == thrd_success);
    CHECK(cnd_timedwait(&c, &a, &past) == thrd_timedout);
    CHECK(thrd_create(&thread, forth, NULL) == thrd_success);
    while (!ready)
        CHECK(cnd_wait(&c, &a) == thrd_success);
    CHECK(mtx_unlock(&a) == thrd_success);
    CHECK(thrd_join(thread, &result) == thrd_success && result == -7);
    CHECK(mtx_timedlock(&b, &past) == thrd_success);
    CHECK(mtx_lock(&a) == thrd_success);
    CHECK(mtx_unlock(&a) == thrd_success);
    CHECK(mtx_unlock(&b) == thrd_success);
    mtx_destroy(&a);
    mtx_destroy(&b);
    cnd_destroy(&c);
    return 0;
}
