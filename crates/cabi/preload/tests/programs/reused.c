// Memory that is used again without a word is another lock; the orders of the first say nothing of the second.
// expect: clean
#include "turn.h"

struct holder {
    pthread_mutex_t lock;
};

static void one_way(struct holder *first, struct holder *second)
{
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
}

int main(void)
{
    // Two blocks that are never destroyed, freed, and made anew by a static initialiser.
    struct holder *one = malloc(sizeof *one), *two = malloc(sizeof *two);
    const struct holder fresh = {PTHREAD_MUTEX_INITIALIZER};
    CHECK(one != NULL && two != NULL);
    *one = *two = fresh;
    one_way(one, two);
    *one = *two = fresh;
    one_way(two, one);
    return 0;
}
