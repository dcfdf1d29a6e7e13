// A malloc that tries its locks is what is first called, by a constructor that runs before the library's: nothing is started while such a lock is held.
// expect: clean
#include <string.h>
#include "turn.h"

static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(16) char arena[8 << 20];
static size_t used;

void *malloc(size_t bytes)
{
    if (pthread_mutex_trylock(&arena_lock) != 0)
        pthread_mutex_lock(&arena_lock);
    size_t at = used;
    used += (bytes + 31) & ~(size_t)15;
    CHECK(used <= sizeof arena);
    *(size_t *)&arena[at] = bytes;
    pthread_mutex_unlock(&arena_lock);
    return &arena[at + 16];
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t bytes)
{
    return memset(malloc(count * bytes), 0, count * bytes);
}

void *realloc(void *block, size_t bytes)
{
    void *fresh = malloc(bytes);
    if (block != NULL) {
        size_t before = *(size_t *)((char *)block - 16);
        memcpy(fresh, block, before < bytes ? before : bytes);
    }
    return fresh;
}

static void early(void)
{
    free(malloc(1));
}

// Runs before the constructors of all libraries.
__attribute__((section(".preinit_array"), used)) static void (*const earliest)(void) = early;

static void *work(void *unused)
{
    free(malloc(100));
    return unused;
}

int main(void)
{
    turn(work, NULL);
    turn(work, NULL);
    return 0;
}
