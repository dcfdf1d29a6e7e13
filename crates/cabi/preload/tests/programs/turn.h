// Runs a thread to its end, so that what it does is learned before the next one starts.
#ifndef TURN_H
#define TURN_H

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#define CHECK(condition) \
    do {                 \
        if (!(condition)) \
            abort();     \
    } while (0)

static inline void turn(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, argument) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

#endif
