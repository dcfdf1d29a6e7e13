// Debug information in a file beside the program, which is looked for while the program's malloc holds its lock:
// that allocates nothing there.
// debug: apart
// expect: HB0001 circular-dependency a b
// env: HELDBY_REPORTS=stderr
// says: debug_apart.c:48
#include <string.h>
#include <sys/mman.h>
#include "turn.h"

static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t page_lock = PTHREAD_MUTEX_INITIALIZER;
static char *arena;
static size_t used;
enum { ARENA = 1 << 20 };

void *malloc(size_t bytes)
{
    pthread_mutex_lock(&arena_lock);
    pthread_mutex_lock(&page_lock);
    if (arena == NULL)
        arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *block = arena + used;
    used += (bytes + 15) & ~(size_t)15;
    CHECK(used <= ARENA);
    pthread_mutex_unlock(&page_lock);
    pthread_mutex_unlock(&arena_lock);
    return block;
}

void *calloc(size_t count, size_t bytes)
{
    return memset(malloc(count * bytes), 0, count * bytes);
}

void free(void *block)
{
    CHECK(block == NULL || ((char *)block >= arena && (char *)block < arena + used));
}

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static void *volatile block;

static void nested(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
}

int main(void)
{
    block = malloc(10);
    nested(&a, &b);
    nested(&b, &a);
    return 0;
}
