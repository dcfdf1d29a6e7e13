/* What a lock is called, and what its class says. */
#include "heldby.h"

#include <stdio.h>
#include <string.h>

static heldby_class_t routes = HELDBY_CLASS("routes");
static heldby_lock_t route_a = HELDBY_LOCK_OF(routes);
static heldby_lock_t route_b = HELDBY_LOCK_OF(routes);

static heldby_class_t once = HELDBY_CLASS_AS("once", HELDBY_TYPE_MUTEX, HELDBY_POLICY_FORBID);
static heldby_lock_t once_a = HELDBY_LOCK_OF(once);
static heldby_lock_t once_b = HELDBY_LOCK_OF(once);

static heldby_class_t ordered = HELDBY_CLASS_AS("page", HELDBY_TYPE_LOCK, HELDBY_POLICY_BY_ORDER);
static heldby_class_t spin = HELDBY_CLASS_AS("spin", HELDBY_TYPE_SPIN, HELDBY_POLICY_DEFAULT);

static heldby_lock_t zeroed;

static void both(heldby_lock_t *first, heldby_lock_t *second)
{
    heldby_acquire(first, HELDBY_WRITE);
    heldby_acquire(second, HELDBY_WRITE);
    heldby_release(second);
    heldby_release(first);
}

int main(void)
{
    heldby_lock_t pages[2], nameless, spinning, odd;
    char name[8] = "gone";
    int i;

    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("static ones of one class");
    both(&route_a, &route_b);
    both(&route_b, &route_a);

    puts("one that forbids what the other one may do");
    both(&once_a, &once_b);

    puts("without a name");
    heldby_lock_init(&nameless, NULL);
    heldby_acquire(&nameless, HELDBY_WRITE);
    heldby_acquire(&zeroed, HELDBY_WRITE);
    heldby_release(&zeroed);
    heldby_release(&nameless);
    both(&zeroed, &nameless);

    puts("by a number");
    for (i = 0; i < 2; i++) {
        heldby_lock_init_class(&pages[i], &ordered);
        heldby_set_order(&pages[i], i);
    }
    both(&pages[0], &pages[1]);
    both(&pages[1], &pages[0]);

    puts("a lock that sleeps under one that spins");
    heldby_lock_init_class(&spinning, &spin);
    both(&spinning, &zeroed);

    puts("a name that is not UTF-8, in memory that is used again");
    heldby_lock_init(&odd, "caf\xe9");
    heldby_assert_held(&odd);
    heldby_lock_init(&odd, name);
    strcpy(name, "new");
    heldby_assert_held(&odd);

    puts("destroyed while held, and used again");
    heldby_acquire(&odd, HELDBY_WRITE);
    heldby_lock_destroy(&odd);
    heldby_acquire(&odd, HELDBY_WRITE);
    heldby_release(&odd);
    return 0;
}
