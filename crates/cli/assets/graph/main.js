// What is chosen, what is shown, and the start.

const selection = { kind: undefined, number: undefined };

/** Chooses a dependency, a class or a cycle by its number, or nothing. */
function select(kind, number) {
  Object.assign(selection, { kind, number });
  markCurrent(cycleButtons(), kind === "cycle" ? cycleButtons()[number] : undefined);
  markRow();
  DETAILS[kind ?? "nothing"](number);
  const isWhole = chosenClasses().every(isInPicture);
  if (!isWhole) {
    show("all");
  }
  const chosen = highlight(chosenClasses(), chosenDependencies());
  if (kind === "cycle" || !isInSight(chosen)) {
    zoomTo(chosen);
  }
}

const DETAILS = {
  cycle: showCycle,
  dependency: showDependency,
  class: showClass,
  nothing: showNothing,
};

function chosenDependencies() {
  const { kind, number } = selection;
  switch (kind) {
    case "cycle":
      return graph.cycles[number].dependencies;
    case "dependency":
      return [number];
    case "class":
      return [...leaving[number], ...entering[number]];
    default:
      return [];
  }
}

function chosenClasses() {
  return selection.kind === "class" ? [selection.number] : classesOf(chosenDependencies());
}

/** Draws the view `near` or `all`, under the filter. */
function show(name) {
  openView(name);
  for (const view of ["near", "all"]) {
    document.getElementById(view).setAttribute("aria-pressed", String(view === name));
  }
  if (words.length > 0) {
    filterPicture(isClassKept, isKept);
  }
  highlight(chosenClasses(), chosenDependencies());
  showStatus();
}

function showStatus() {
  const { classes, dependencies, cycles } = graph;
  const inPicture = cy.nodes().length;
  const parts = [
    counted(classes.length, "class", "classes") + (inPicture < classes.length ? ` (${inPicture} in the picture)` : ""),
    counted(cycles.length, "cycle"),
    counted(dependencies.length, "dependency", "dependencies"),
  ];
  if (words.length > 0) {
    parts.push(`${kept.length.toLocaleString("en")} of them let through by the filter`);
  }
  document.getElementById("status").textContent = parts.join(", ");
}

function start() {
  document.getElementById("source").textContent = graph.source;
  document.getElementById("source").title = graph.source;
  document.title = `Lock order: ${graph.source}`;
  document.getElementById("near").hidden = !graph.near;
  document.getElementById("all").hidden = !graph.near;
  document.getElementById("times").hidden = !hasTimes;
  listCycles();
  sortTable();
  showColumns();
  showRows();
  showNothing();
  show(graph.near ? "near" : "all");
  document.getElementById("near").addEventListener("click", () => show("near"));
  document.getElementById("all").addEventListener("click", () => show("all"));
  document.getElementById("fit").addEventListener("click", fitPicture);
  watchPicture();
  watchTable();
  watchFilter();
}

start();
