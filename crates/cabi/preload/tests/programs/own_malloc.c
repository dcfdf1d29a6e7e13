// A program whose malloc takes locks, and counts: nothing of ours allocates there.
// expect: clean
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "turn.h"

static pthread_mutex_t arena_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t page_lock = PTHREAD_MUTEX_INITIALIZER;
static char *arena;
static size_t used;
enum { ARENA = 64 << 20 };
static _Thread_local long calls;

void *malloc(size_t bytes)
{
    calls++;
    pthread_mutex_lock(&arena_lock);
    pthread_mutex_lock(&page_lock);
    if (arena == NULL)
        arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t at = used;
    used += (bytes + 31) & ~(size_t)15;
    CHECK(used <= ARENA);
    *(size_t *)&arena[at] = bytes;
    pthread_mutex_unlock(&page_lock);
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

enum { COUNT = 200 };

static void *work(void *unused)
{
    pthread_mutex_t *locks = malloc(COUNT * sizeof *locks);
    long before = calls;
    for (int at = 0; at < COUNT; at++)
        CHECK(pthread_mutex_init(&locks[at], NULL) == 0);
    for (int round = 0; round < 3; round++) {
        for (int at = 0; at < COUNT; at++)
            CHECK(pthread_mutex_lock(&locks[at]) == 0);
        for (int at = 0; at < COUNT; at++)
            CHECK(pthread_mutex_unlock(&locks[at]) == 0);
        // libc remembers, once for each, what thread-locals of ours are to be dropped.
        CHECK(calls - before < 10);
        if (round == 1)
            before = calls;
    }
    CHECK(calls == before);
    CHECK(pthread_mutex_lock(&locks[0]) == 0);
    free(malloc(10));
    CHECK(pthread_mutex_unlock(&locks[0]) == 0);
    return unused;
}

int main(void)
{
    pthread_t threads[4];
    for (int at = 0; at < 4; at++)
        CHECK(pthread_create(&threads[at], NULL, work, NULL) == 0);
    for (int at = 0; at < 4; at++)
        CHECK(pthread_join(threads[at], NULL) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        work(NULL);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    return 0;
}
