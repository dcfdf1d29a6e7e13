// A thread holds a thousand locks at once.
// expect: clean
#include "turn.h"

enum { COUNT = 1000 };
static pthread_mutex_t locks[COUNT];

int main(void)
{
    for (int round = 0; round < 2; round++) {
        for (int at = 0; at < COUNT; at++)
            CHECK(pthread_mutex_lock(&locks[at]) == 0);
        for (int at = 0; at < COUNT; at++)
            CHECK(pthread_mutex_unlock(&locks[at]) == 0);
    }
    return 0;
}
