// A program with an engine of its own, the C ABI's: the preloaded library says once that it stands down.
// links: libheldby_cabi.a
// expect: clean
// env: HELDBY_REPORTS=stderr
// prints: heldby: this program has an engine of its own, which checks it; libheldby_preload.so stands down
#include <heldby.h>
#include "turn.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static heldby_class_t class = HELDBY_CLASS("told");
static heldby_lock_t told = HELDBY_LOCK_OF(class);

static void *forth(void *unused)
{
    pthread_mutex_lock(&mutex);
    heldby_acquire(&told, HELDBY_WRITE);
    heldby_release(&told);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void *back(void *unused)
{
    heldby_acquire(&told, HELDBY_WRITE);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    heldby_release(&told);
    return unused;
}

int main(void)
{
    turn(forth, NULL);
    turn(back, NULL);
    CHECK(heldby_report_count() == 0);
    heldby_acquire(&told, HELDBY_WRITE);
    CHECK(heldby_lock_held(&told) == 2);
    heldby_release(&told);
    return 0;
}
