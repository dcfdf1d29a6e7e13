/* Nothing is asked of a null lock, and of one that is not initialised no more than it says. */
#include "heldby.h"

#include <stdio.h>

int main(void)
{
    heldby_lock_t lock = {0};
    char file[] = "one.c";

    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("null");
    heldby_lock_init(NULL, "nobody");
    heldby_lock_init(NULL, NULL);
    heldby_lock_init_class(NULL, NULL);
    heldby_acquire(NULL, HELDBY_WRITE);
    heldby_tried(NULL, HELDBY_READ);
    heldby_acquire_nest_lock(NULL, HELDBY_WRITE, NULL);
    heldby_lock_contended(NULL);
    heldby_lock_acquired(NULL);
    heldby_downgrade(NULL);
    heldby_might_lock(NULL, HELDBY_WRITE);
    heldby_sync(NULL, HELDBY_WRITE);
    heldby_set_order(NULL, 1);
    heldby_assert_held(NULL);
    heldby_assert_not_held(NULL);
    heldby_assert_stabilised(NULL, NULL);
    heldby_assert_stabilised(&lock, NULL);
    heldby_release(NULL);
    heldby_lock_destroy(NULL);
    heldby_add_sink(NULL, NULL);
    heldby_forget_order(NULL, HELDBY_TYPE_LOCK);
    printf("held %d\n", heldby_lock_held(NULL));
    printf("policy %d\n", heldby_set_policy(NULL, HELDBY_TYPE_LOCK, HELDBY_POLICY_FORBID));
    printf("policy %d\n", heldby_set_policy("lock", HELDBY_TYPE_LOCK, 99));
    printf("dump %d\n", heldby_write_dump(NULL));
    printf("dump %d\n", heldby_write_dump("no/such/directory/graph.json"));

    puts("never initialised");
    printf("held %d\n", heldby_lock_held(&lock));
    heldby_assert_not_held(&lock);
    heldby_lock_contended(&lock);
    heldby_assert_held(&lock);
    heldby_release(&lock);
    heldby_lock_destroy(&lock);
    heldby_lock_destroy(&lock);

    puts("numbers that nobody knows");
    heldby_lock_init_class(&lock, NULL);
    heldby_lock_acquire_as(&lock, -1, 99, 0, HELDBY_BLOCK, 1, NULL, "numbers.c", 1);
    printf("held %d\n", heldby_lock_held(&lock));
    heldby_lock_release(&lock, NULL, 0);

    puts("places in one buffer, and nowhere");
    heldby_lock_release(&lock, file, 7);
    file[0] = 't';
    heldby_lock_release(&lock, file, 7);
    heldby_lock_release(&lock, NULL, 7);
    return 0;
}
