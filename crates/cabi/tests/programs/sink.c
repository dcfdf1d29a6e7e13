/* Reports for functions of the host, which here are all that tells. */
#include "heldby.h"

#include <stdio.h>
#include <string.h>

static heldby_lock_t a, b, own;

struct count {
    const char *who;
    int reports;
};

static void tell(const heldby_report_t *report, void *data)
{
    struct count *count = data;
    const char *file = strrchr(report->file, '/');

    count->reports++;
    /* A lock of its own, which is not checked here. */
    heldby_acquire(&own, HELDBY_WRITE);
    printf("%s: %s %s %s %s:%u\n%s\n", count->who, report->certainty, report->code, report->kind,
           file ? file + 1 : report->file, report->line, report->title);
    printf("text %d, json %d, thread %s\n", strncmp(report->text, "error[", 6),
           strncmp(report->json, "{\n  \"format\": 1,", 16), report->thread);
    heldby_release(&own);
}

int main(void)
{
    struct count first = {"first", 0}, second = {"second", 0};

    printf("installed %d\n", heldby_install(HELDBY_ON_REPORT_WARN, 0));
    heldby_add_sink(tell, &first);
    heldby_lock_init(&a, "a");
    heldby_lock_init(&b, "b");
    heldby_lock_init(&own, "own");
    heldby_assert_held(&a);
    heldby_add_sink(tell, &second);

    heldby_acquire(&a, HELDBY_WRITE);
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_release(&b);
    heldby_release(&a);
    heldby_acquire(&b, HELDBY_WRITE);
    heldby_acquire(&a, HELDBY_WRITE);
    heldby_release(&a);
    heldby_release(&b);

    printf("again %d\n", heldby_install(HELDBY_ON_REPORT_OFF, 1));
    printf("first %d, second %d, all %d\n", first.reports, second.reports, (int)heldby_report_count());
    return 0;
}
