// The filter: one field for picture, cycles and table.

const classTexts = graph.classes.map(({ name, type, made_at }) => textOf(name, type, made_at));
const dependencyTexts = graph.dependencies.map((dependency) => {
  const { from, to, kind, state: name, held_site, acquired_site, thread, span } = dependency;
  const ends = [classTexts[from], classTexts[to]];
  return textOf(...ends, kind, name, held_site, acquired_site, thread, span);
});

let words = [];
const keptClasses = new Set();

function textOf(...parts) {
  return parts.filter(Boolean).join("\n").toLowerCase();
}

function matches(text) {
  return words.every((word) => text.includes(word));
}

/** Whether the filter lets a dependency through. */
function isKept(number) {
  return words.length === 0 || matches(dependencyTexts[number]);
}

/** Whether it lets a class through: by itself, or as an end of a dependency. */
function isClassKept(number) {
  return words.length === 0 || keptClasses.has(number) || matches(classTexts[number]);
}

function applyFilter() {
  words = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  keptClasses.clear();
  if (words.length > 0) {
    const numbers = [...graph.dependencies.keys()].filter(isKept);
    classesOf(numbers).forEach((number) => keptClasses.add(number));
  }
  filterPicture(isClassKept, isKept);
  filterCycles(isKept);
  rowCount = ROWS;
  showRows();
  showStatus();
}

function watchFilter() {
  let waiting;
  document.getElementById("filter").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      applyFilter();
      fitPicture();
    }, 150);
  });
}
