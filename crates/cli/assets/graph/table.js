// The table of dependencies: sorted by one column, some rows at a time.

const ROWS = 200;
const URGENCY = Object.keys(STATES);
/** A column of a time that was counted of one of the two classes. */
function timeColumn(title, end, what) {
  const counted = (dependency) => graph.classes[dependency[end]].times?.[what];
  const show = (dependency) => (counted(dependency) === undefined ? "" : duration(counted(dependency)));
  return { title, value: (dependency) => counted(dependency) ?? -1, show };
}

const COLUMNS = [
  { title: "Age", value: (_, number) => number + 1 },
  { title: "State", value: ({ state: name }) => URGENCY.indexOf(name), show: ({ state: name }) => state(name) },
  { title: "Held", value: ({ from }) => className(from), look: "name" },
  { title: "Asked for", value: ({ to }) => className(to), look: "name" },
  { title: "Kind", value: ({ kind }) => kind },
  { title: "Held at", value: ({ held_site }) => held_site, look: "place" },
  { title: "Asked for at", value: ({ acquired_site }) => acquired_site, look: "place" },
  { title: "Thread", value: ({ thread }) => thread },
  ...(hasTimes
    ? [timeColumn("Held, in all", "from", "held"), timeColumn("Asked for, waited in all", "to", "waited")]
    : []),
];
/** Compares names with numbers in them as people do: `a.rs:9` before `a.rs:10`. */
const collator = new Intl.Collator("en", { numeric: true });

const sorting = { column: 1, isDescending: false };
let sorted = [];
let kept = [];
let rowCount = ROWS;

function sortTable() {
  const { value } = COLUMNS[sorting.column];
  const keyed = graph.dependencies.map((dependency, number) => ({ number, key: value(dependency, number) }));
  const compare = typeof keyed[0]?.key === "number" ? (a, b) => a - b : collator.compare;
  const sign = sorting.isDescending ? -1 : 1;
  keyed.sort((a, b) => sign * compare(a.key, b.key) || a.number - b.number);
  sorted = keyed.map(({ number }) => number);
}

function showColumns() {
  const heads = COLUMNS.map(({ title }, column) => {
    const isSorted = column === sorting.column;
    const arrow = sorting.isDescending ? " ▼" : " ▲";
    const sort = button(title + (isSorted ? arrow : ""), () => sortBy(column));
    const head = element("th", { scope: "col" }, sort);
    if (isSorted) {
      head.setAttribute("aria-sort", sorting.isDescending ? "descending" : "ascending");
    }
    return head;
  });
  document.getElementById("columns").replaceChildren(...heads);
}

function sortBy(column) {
  sorting.isDescending = column === sorting.column && !sorting.isDescending;
  sorting.column = column;
  sortTable();
  showColumns();
  showRows();
  document.querySelectorAll("#columns button")[column].focus();
}

function row(number) {
  const dependency = graph.dependencies[number];
  const cells = COLUMNS.map(({ value, show, look = "" }) => {
    const content = show ? [show(dependency)] : breakable(String(value(dependency, number)));
    return element("td", { className: look }, ...content);
  });
  const made = element("tr", { tabIndex: 0 }, ...cells);
  made.dataset.number = number;
  return made;
}

function showRows() {
  kept = sorted.filter(isKept);
  const shown = kept.slice(0, rowCount).map(row);
  document.getElementById("rows").replaceChildren(...shown);
  const more = document.getElementById("more");
  more.hidden = kept.length <= rowCount;
  more.textContent = `Show more: ${shown.length} of ${counted(kept.length, "dependency", "dependencies")} are shown`;
  markRow();
}

/** Marks the row of the chosen dependency. */
function markRow() {
  const rows = [...document.getElementById("rows").children];
  const number = selection.kind === "dependency" ? String(selection.number) : undefined;
  const chosen = rows.find((each) => each.dataset.number === number);
  markCurrent(rows, chosen);
  chosen?.scrollIntoView({ block: "nearest" });
}

function watchTable() {
  const rows = document.getElementById("rows");
  const choose = (event) => {
    const chosen = event.target.closest("tr");
    select("dependency", Number(chosen.dataset.number));
  };
  rows.addEventListener("click", choose);
  rows.addEventListener("keydown", (event) => {
    const at = event.target.closest("tr");
    const next = { ArrowDown: at.nextElementSibling, ArrowUp: at.previousElementSibling }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      choose(event);
    } else if (!next) {
      return;
    }
    next?.focus();
    event.preventDefault();
  });
  document.getElementById("more").addEventListener("click", () => {
    rowCount += ROWS;
    showRows();
  });
}
