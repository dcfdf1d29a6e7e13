// What is known of the chosen dependency, class or cycle.

/** No list of details is longer; the table shows the rest. */
const LONGEST_LIST = 60;

function showDetails(...content) {
  const details = document.getElementById("details");
  details.replaceChildren(...content);
  details.scrollTop = 0;
}

function facts(...pairs) {
  const list = element("dl");
  for (const [term, ...content] of pairs) {
    list.append(element("dt", { textContent: term }), element("dd", {}, ...content));
  }
  return list;
}

function toClass(number) {
  return button(className(number), () => select("class", number), { className: "link" });
}

function toDependency(number) {
  const { kind, state: name } = graph.dependencies[number];
  const link = button(dependencyTitle(number), () => select("dependency", number), { className: "link" });
  return element("li", {}, link, ` ${kind}, `, state(name));
}

function toCycle(number) {
  const cycle = graph.cycles[number];
  const link = button(cycleTitle(cycle), () => select("cycle", number), { className: "link" });
  return element("li", {}, link, " ", state(cycle.state));
}

/** A heading with its list, or nothing where there is nothing to list. */
function listed(title, numbers, item) {
  if (numbers.length === 0) {
    return [];
  }
  const items = numbers.slice(0, LONGEST_LIST).map(item);
  const rest = numbers.length - items.length;
  if (rest > 0) {
    items.push(element("li", { className: "quiet", textContent: `and ${rest} more, see the table` }));
  }
  return [element("h3", { textContent: title }), element("ul", {}, ...items)];
}

/** A stack that can be opened, or nothing where none was captured. */
function stack(place) {
  if (place === undefined) {
    return [];
  }
  const frames = graph.stacks[place].map((frame) => {
    const [name, site] = graph.frames[frame];
    const where = site ? [element("br"), code(site)] : [];
    return element("li", {}, ...breakable(name), ...where);
  });
  const title = element("summary", { textContent: "Stack" });
  return [element("details", {}, title, element("ol", {}, ...frames))];
}

/** Where both locks of a dependency were taken, and by whom. */
function places(number) {
  const dependency = graph.dependencies[number];
  const { from, to, held_site, acquired_site, thread, span } = dependency;
  const within = span === undefined ? [] : [["in the span", code(span)]];
  return [
    [`${className(from)} was taken at`, code(held_site), ...stack(dependency.held_stack)],
    [`then ${className(to)} was asked for at`, code(acquired_site), ...stack(dependency.acquired_stack)],
    ["the first time by thread", code(thread)],
    ...within,
  ];
}

function showDependency(number) {
  const { from, to, kind, state: name } = graph.dependencies[number];
  const cycles = graph.cycles.flatMap((cycle, at) => (cycle.dependencies.includes(number) ? at : []));
  showDetails(
    element("h2", { textContent: dependencyTitle(number) }),
    facts(
      ["State", state(name), `: ${STATES[name]}`],
      ...places(number),
      [`Kind ${kind}`, kindInWords(kind)],
      ["Classes", toClass(from), ", ", toClass(to)],
    ),
    ...listed("Cycles through it", cycles, toCycle),
  );
}

/** How often and how long the locks of a class were waited for and held, if that was counted. */
function timesOf(number) {
  const { times } = graph.classes[number];
  if (!times) {
    return [];
  }
  const { acquired, contended, waited, longest_wait, held, longest_hold } = times;
  return [
    ["Acquired", `${counted(acquired, "time")}, ${contended.toLocaleString("en")} of them contended`],
    ["Waited for", `${duration(waited)} in all, ${duration(longest_wait)} at most`],
    ["Held", `${duration(held)} in all, ${duration(longest_hold)} at most`],
  ];
}

function showClass(number) {
  const { name, type, made_at, instances } = graph.classes[number];
  showDetails(
    element("h2", { textContent: name }),
    facts(
      ["Made at", made_at ? code(made_at) : "not known"],
      ["Type", type ? code(type) : "not known"],
      ["Locks of it that were taken", instances.toLocaleString("en")],
      ...timesOf(number),
    ),
    ...listed(`Asked for while it was held (${leaving[number].length})`, leaving[number], toDependency),
    ...listed(`Held when it was asked for (${entering[number].length})`, entering[number], toDependency),
  );
}

function showCycle(number) {
  const cycle = graph.cycles[number];
  const steps = cycle.dependencies.map((each) => {
    const step = toDependency(each);
    step.append(facts(...places(each)));
    return step;
  });
  showDetails(
    element("h2", { textContent: cycleTitle(cycle) }),
    facts(["State", state(cycle.state), `: ${STATES[cycle.state]}`]),
    element("h3", { textContent: "Its dependencies, the oldest first" }),
    element("ol", {}, ...steps),
  );
}

function showNothing() {
  const text = "Choose a cycle, a line or a class in the picture, or a row of the table.";
  showDetails(element("p", { className: "quiet", textContent: text }));
}
