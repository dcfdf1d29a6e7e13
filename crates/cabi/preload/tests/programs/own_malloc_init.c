// A malloc that makes its lock when it is first called, before the engine has started.
// expect: clean
#include <string.h>
#include <sys/mman.h>
#include "turn.h"

static pthread_mutex_t arena_lock;
static int makes;
static char *arena;
static size_t used;
enum { ARENA = 1 << 20 };

void *malloc(size_t bytes)
{
    if (arena == NULL) {
        // Nobody calls it meanwhile, so the engine does not start here: that would.
        CHECK(!makes);
        makes = 1;
        pthread_mutex_init(&arena_lock, NULL);
        arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    pthread_mutex_lock(&arena_lock);
    void *block = arena + used;
    used += (bytes + 15) & ~(size_t)15;
    CHECK(used <= ARENA);
    pthread_mutex_unlock(&arena_lock);
    return block;
}

void *calloc(size_t count, size_t bytes)
{
    return memset(malloc(count * bytes), 0, count * bytes);
}

void free(void *block)
{
    (void)block;
}

static void *volatile block;

static void early(void)
{
    block = malloc(10);
}

// Before the constructors of the libraries, ours among them.
__attribute__((section(".preinit_array"), used)) static void (*first)(void) = early;

int main(void)
{
    block = malloc(10);
    return 0;
}
