/* Each way to take a lock: what is legal says nothing, and what is not is said. */
#include "heldby.h"

#include <stdio.h>

static heldby_lock_t a, b, c;

static void in_order(heldby_lock_t *first, int how, heldby_lock_t *second, int then)
{
    heldby_acquire(first, how);
    heldby_acquire(second, then);
    heldby_release(second);
    heldby_release(first);
}

static void start(const char *what)
{
    printf("%s\n", what);
    fflush(stdout);
    heldby_lock_init(&a, "a");
    heldby_lock_init(&b, "b");
    heldby_lock_init(&c, "c");
    heldby_forget_order("a", HELDBY_TYPE_LOCK);
    heldby_forget_order("b", HELDBY_TYPE_LOCK);
    heldby_forget_order("c", HELDBY_TYPE_LOCK);
}

int main(void)
{
    heldby_lock_t a2;

    start("recursive readers in both orders");
    in_order(&a, HELDBY_RECURSIVE, &b, HELDBY_RECURSIVE);
    in_order(&b, HELDBY_RECURSIVE, &a, HELDBY_RECURSIVE);

    start("fair readers in both orders, and then a writer");
    in_order(&a, HELDBY_READ, &b, HELDBY_READ);
    in_order(&b, HELDBY_READ, &a, HELDBY_READ);
    heldby_acquire(&a, HELDBY_WRITE);
    heldby_release(&a);
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_release(&b);

    start("a try and a timed attempt in the other order");
    in_order(&a, HELDBY_WRITE, &b, HELDBY_WRITE);
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_tried(&a, HELDBY_WRITE);
    heldby_release(&a);
    heldby_timed(&a, HELDBY_WRITE);
    heldby_release(&a);
    heldby_release(&b);

    start("what is taken after a try");
    heldby_tried(&a, HELDBY_WRITE);
    heldby_acquire(&c, HELDBY_WRITE);
    heldby_release(&c);
    heldby_release(&a);
    in_order(&c, HELDBY_WRITE, &a, HELDBY_WRITE);

    start("two of one class in both orders");
    heldby_lock_init(&a2, "a");
    in_order(&a, HELDBY_WRITE, &a2, HELDBY_WRITE);
    in_order(&a2, HELDBY_WRITE, &a, HELDBY_WRITE);

    start("in a subclass");
    heldby_set_policy("a", HELDBY_TYPE_LOCK, HELDBY_POLICY_FORBID);
    heldby_acquire(&a, HELDBY_WRITE);
    heldby_acquire_nested(&a2, HELDBY_WRITE, 1);
    heldby_release(&a2);
    heldby_release(&a);

    start("under a nest lock, and under one that is not held");
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_acquire_nest_lock(&a, HELDBY_WRITE, &b);
    heldby_acquire_nest_lock(&a2, HELDBY_WRITE, &b);
    heldby_release(&a2);
    heldby_release(&a);
    heldby_release(&b);
    heldby_acquire_nest_lock(&a, HELDBY_WRITE, &b);
    heldby_release(&a);

    start("downgraded");
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_downgrade(&b);
    printf("held %d\n", heldby_lock_held(&b));
    heldby_release(&b);

    start("might lock, in the other order");
    in_order(&b, HELDBY_WRITE, &c, HELDBY_WRITE);
    heldby_acquire(&c, HELDBY_WRITE);
    heldby_might_lock(&b, HELDBY_WRITE);
    printf("held %d\n", heldby_lock_held(&b));
    heldby_release(&c);

    start("a wait for who holds it, by who does");
    heldby_acquire(&c, HELDBY_RECURSIVE);
    heldby_sync(&c, HELDBY_WRITE);
    heldby_release(&c);

    start("given up for a wait, under another lock");
    in_order(&b, HELDBY_WRITE, &c, HELDBY_WRITE);
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_acquire(&c, HELDBY_WRITE);
    heldby_release(&b);
    heldby_reacquire(&b, HELDBY_WRITE);
    heldby_release(&b);
    heldby_release(&c);

    start("contended, and got");
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_lock_contended(&b);
    printf("held %d", heldby_lock_held(&b));
    heldby_lock_acquired(&b);
    printf(", then %d\n", heldby_lock_held(&b));
    heldby_release(&b);
    return 0;
}
