// The list of cycles.

function listCycles() {
  const items = graph.cycles.map((cycle, number) => {
    const choose = button("", () => select("cycle", number), { className: cycle.state });
    choose.append(state(cycle.state), element("br"), cycleTitle(cycle));
    return element("li", {}, choose);
  });
  const none = element("li", { className: "quiet", textContent: "None: these locks have one order." });
  document.getElementById("cycles").replaceChildren(...(items.length > 0 ? items : [none]));
}

function cycleButtons() {
  return [...document.querySelectorAll("#cycles button")];
}

function filterCycles(hasDependency) {
  cycleButtons().forEach((each, number) => {
    each.parentElement.hidden = !graph.cycles[number].dependencies.some(hasDependency);
  });
}
