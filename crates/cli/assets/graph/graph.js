// The graph as `heldby graph` wrote it, and what is looked up in it.
// Classes, dependencies and cycles are named by their places in its lists.

const graph = JSON.parse(document.getElementById("graph").textContent);

/** The states, the most urgent first, and what they say of a dependency or a cycle. */
const STATES = {
  reported: "Some run can hang here: it was reported.",
  pending: "It would be reported if something more were seen, such as a writer or a wait that lasts.",
  gated: "One lock that is held around keeps it apart; it is reported once that is not so any more.",
  allowed: "The host allows it in heldby.toml.",
  accepted: "It fits the order of all others.",
};

const HOLDS = { E: "exclusively", S: "shared" };
const WANTS = {
  W: "exclusively",
  r: "shared, behind waiting writers",
  R: "shared, recursively",
  N: "not recursively",
};

/** What a kind such as `Er` says. */
function kindInWords(kind) {
  return `held ${HOLDS[kind[0]]}, asked for ${WANTS[kind[1]]}`;
}

/** The numbers of the dependencies that begin and end at each class. */
const leaving = graph.classes.map(() => []);
const entering = graph.classes.map(() => []);
graph.dependencies.forEach((dependency, number) => {
  leaving[dependency.from].push(number);
  entering[dependency.to].push(number);
});

function className(number) {
  return graph.classes[number].name;
}

function dependencyTitle(number) {
  const { from, to } = graph.dependencies[number];
  return `${className(from)} →\u00a0${className(to)}`;
}

function cycleTitle(cycle) {
  const names = cycle.dependencies.map((number) => className(graph.dependencies[number].from));
  // An arrow stays with the name behind it.
  return [...names, names[0]].join(" →\u00a0");
}

/** The numbers of the classes of some dependencies. */
function classesOf(dependencies) {
  const ends = dependencies.flatMap((number) => {
    const { from, to } = graph.dependencies[number];
    return [from, to];
  });
  return [...new Set(ends)];
}

/** Whether it was counted how long locks were waited for and held. */
const hasTimes = graph.classes.some(({ times }) => times);

/** The part that a class has of the largest among all, drawn so that small ones still differ: 0 to 1. */
function share(number, what) {
  const largest = Math.max(...graph.classes.map(({ times }) => times?.[what] ?? 0));
  return largest > 0 ? Math.sqrt((graph.classes[number].times?.[what] ?? 0) / largest) : 0;
}

/** A time in nanoseconds, with three digits and its unit. */
function duration(nanoseconds) {
  const units = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];
  const [unit, length] = units.find(([, length]) => nanoseconds < length * 999.5) ?? units[3];
  return `${Number((nanoseconds / length).toPrecision(3)).toLocaleString("en")} ${unit}`;
}

function counted(count, noun, plural = `${noun}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}
