// Graphs to look at, as `HELDBY_DUMP=graph.json` writes them.

/** The class whose name must never become an element. */
export const HOSTILE = "<script>alert(1)</script>";

function klass(id, name, type = "mutex") {
  return { id, name, type, made_at: `src/locks.rs:${id + 10}:9`, instances: 1 };
}

function dependency(from, to, kind, state, file, line, thread) {
  const site = (column) => `src/${file}.rs:${line}:${column}`;
  return { from, to, kind, state, held_site: site(9), acquired_site: site(30), thread };
}

/** A cycle of every state, a loop, twins, and names that are hard to show. */
export function small() {
  const names = ["routes", "session", HOSTILE, '"]]>&', "vm_lock", "mmap_lock", "page_table"];
  return {
    format: 1,
    classes: [
      ...names.map((name, id) => klass(id, name)),
      klass(7, "Mutex@a_file_with_a_long_name_in_the_kernel_of_the_host.rs:1207:13", "std::sync::Mutex<Vec<u8>>"),
      klass(8, "journal", "rwsem"),
    ],
    dependencies: [
      dependency(0, 1, "EW", "reported", "reply", 3, "replier"),
      {
        ...dependency(1, 2, "EW", "accepted", "reply", 9, "replier"),
        span: "request <b>",
        held_stack: [
          { function: "Router::send_reply<T>", site: "src/reply.rs:9:9" },
          { function: "net::worker" },
        ],
      },
      dependency(1, 3, "EW", "accepted", "reply", 14, "replier"),
      dependency(5, 4, "EW", "pending", "fault", 40, "pager-1"),
      dependency(5, 6, "SW", "accepted", "fault", 44, "pager-1"),
      dependency(4, 6, "Er", "gated", "fault", 51, "pager-2"),
      dependency(6, 7, "EW", "accepted", "table", 7, "walker"),
      dependency(4, 7, "EW", "accepted", "table", 8, "walker"),
      dependency(1, 0, "EW", "reported", "reload", 6, "reloader"),
      dependency(4, 5, "Sr", "pending", "unmap", 71, "churn-1"),
      dependency(6, 4, "EW", "gated", "unmap", 90, "churn-2"),
      dependency(7, 8, "EW", "allowed", "log", 5, "main"),
      dependency(8, 7, "EW", "allowed", "log", 12, "main"),
      dependency(8, 7, "ER", "accepted", "log", 13, "main"),
      dependency(4, 4, "EW", "reported", "fork", 5, "forker"),
    ],
  };
}

/** The small graph with statistics: `session` was held longest, `routes` waited for longest. */
export function timed() {
  const times = (total_ns, max_ns) => ({ count: 4, total_ns, min_ns: 1, max_ns });
  const stat = (id, lock, mode, wait, hold) => ({
    class: id, lock, type: "mutex", mode, acquisitions: 4, contentions: 2, wait, hold, waited_at: {}, held_at: {},
  });
  const lock_stats = [
    stat(0, "routes", "write", times(3_000_000, 2_000_000), times(50, 20)),
    stat(0, "routes", "read", times(1_000_000, 500_000), times(950, 700)),
    stat(1, "session", "write", times(1_000, 900), times(2_500_000_000, 1_000_000_000)),
  ];
  return { ...small(), lock_stats };
}

/** A graph as a big program has it: an order with hubs, and an inversion here and there. */
export function large(classes = 5_000, dependencies = 20_000, inversions = 40) {
  let seed = 7;
  const below = (limit) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const known = new Set();
  const edges = [];
  const add = (from, to, state) => {
    const key = `${from} ${to}`;
    if (from !== to && !known.has(key)) {
      known.add(key);
      const thread = `worker-${below(32)}`;
      edges.push(dependency(from, to, "EW", state, `module_${from % 97}`, 1 + below(2_000), thread));
    }
  };
  for (let at = 0; at < inversions; at++) {
    const from = below(classes - 60);
    const to = from + 1 + below(50);
    const state = ["reported", "pending", "gated", "allowed"][at % 4];
    add(from, to, state);
    add(to, from, state);
  }
  while (edges.length < dependencies) {
    const from = below(20) === 0 ? below(40) : below(classes - 1);
    const reach = Math.min(classes - from - 1, 400);
    const to = from + 1 + below(reach);
    if (!known.has(`${to} ${from}`)) {
      add(from, to, "accepted");
    }
  }
  const name = (id) => `lock_${id}@module_${id % 97}.rs:${10 + (id % 900)}`;
  const nodes = Array.from({ length: classes }, (_, id) => klass(id, name(id)));
  return { format: 1, classes: nodes, dependencies: edges };
}
