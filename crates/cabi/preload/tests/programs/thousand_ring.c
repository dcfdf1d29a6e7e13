// A ring of a thousand locks.
// expect: HB0002 circular-dependency 1000 locks
#include "turn.h"

enum { COUNT = 1000 };
static pthread_mutex_t locks[COUNT];

int main(void)
{
    for (int at = 0; at < COUNT; at++) {
        CHECK(pthread_mutex_lock(&locks[at]) == 0);
        CHECK(pthread_mutex_lock(&locks[(at + 1) % COUNT]) == 0);
        CHECK(pthread_mutex_unlock(&locks[(at + 1) % COUNT]) == 0);
        CHECK(pthread_mutex_unlock(&locks[at]) == 0);
    }
    return 0;
}
