// A host of the C ABI, linked with its library: one engine sees both what the host tells and its mutexes.
// links: libheldby_cabi.so
// expect: HB0001 circular-dependency mutex told
// records: 1
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
    CHECK(heldby_report_count() == 1);
    return 0;
}
