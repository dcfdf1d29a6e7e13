// Locks of one class: any order that stays the same is fine, one that changes is not.
// expect: HB0001 circular-dependency mutex@instances.c mutex@instances.c
#include "turn.h"

struct node {
    pthread_mutex_t lock;
};

static struct node *make(void)
{
    struct node *node = calloc(1, sizeof *node);
    CHECK(node != NULL && pthread_mutex_init(&node->lock, NULL) == 0);
    return node;
}

static void both(struct node *first, struct node *second)
{
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
}

int main(void)
{
    struct node *one = make(), *two = make();
    both(one, two);
    both(one, two);
    both(two, one);
    return 0;
}
