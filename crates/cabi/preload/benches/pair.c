// What a lock and its unlock cost, in nanoseconds: the least of many rounds, at a depth of 1 and of 4.
#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { ROUNDS = 20, PAIRS = 1000000, DEPTH = 4 };
static pthread_mutex_t locks[DEPTH];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static double pair(int depth)
{
    double least = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double started = now();
        for (int count = 0; count < PAIRS / depth; count++) {
            for (int at = 0; at < depth; at++)
                pthread_mutex_lock(&locks[at]);
            for (int at = depth; at > 0; at--)
                pthread_mutex_unlock(&locks[at - 1]);
        }
        double each = (now() - started) / (PAIRS / depth * depth);
        least = each < least ? each : least;
    }
    return least;
}

static void *nothing(void *unused)
{
    return unused;
}

int main(void)
{
    // With one thread only glibc takes a shorter way.
    pthread_t thread;
    pthread_create(&thread, NULL, nothing, NULL);
    pthread_join(thread, NULL);
    printf("%.2f %.2f\n", pair(1), pair(DEPTH));
    return 0;
}
