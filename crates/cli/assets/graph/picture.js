// The picture. The places of the classes come with the graph; nothing is laid out here.

/** With more dependencies than this most are plain lines, without arrows and labels. */
const MANY = 1500;
const NODE = { width: 164, height: 46 };
/** By how much a node is larger whose locks were held longest; none reaches its neighbours. */
const GROWTH = { width: 0.2, height: 0.6 };
/** How many letters fit into a line of a node. */
const LINE = 22;
/** How far an arrow key moves the picture, in pixels of the screen. */
const STEP = 80;

let cy;
/** Whether the picture has many lines, which are drawn in haste. */
let isMany;

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A colour between two others, both as `#rrggbb`. */
function mixed(from, to, part) {
  const channel = (text, at) => parseInt(text.slice(at, at + 2), 16);
  const between = [1, 3, 5].map((at) => Math.round(channel(from, at) * (1 - part) + channel(to, at) * part));
  return `rgb(${between.join(",")})`;
}

function pictureStyle() {
  // Many lines are seen from afar.
  const scale = isMany ? 2 : 1;
  const look = (name, width, pattern) => ({
    width: width * scale,
    "line-color": color(name),
    "target-arrow-color": color(name),
    "line-style": pattern ? "dashed" : "solid",
    ...(pattern && { "line-dash-pattern": pattern }),
    "line-opacity": isMany && name === "accepted" ? 0.4 : 1,
  });
  return [
    {
      selector: "node",
      style: {
        ...NODE,
        shape: "round-rectangle",
        "background-color": color("node"),
        "border-color": color("node-edge"),
        "border-width": 1.5 * scale,
        color: color("text"),
        label: "data(label)",
        "font-size": 12,
        "font-family": "system-ui, sans-serif",
        "text-valign": "center",
        "text-wrap": "wrap",
        "text-max-width": 2 * NODE.width,
        "min-zoomed-font-size": 6,
      },
    },
    {
      selector: "node[held]",
      style: {
        width: (node) => NODE.width * (1 + GROWTH.width * node.data("held")),
        height: (node) => NODE.height * (1 + GROWTH.height * node.data("held")),
        "background-color": (node) => mixed(color("node"), color("waited"), node.data("waited")),
      },
    },
    // What is accepted has no class of its own: these are most, and each class of each line costs.
    { selector: "edge", style: { "curve-style": "haystack", "haystack-radius": 0, ...look("accepted", 1.5) } },
    {
      selector: "edge.arrow",
      style: {
        "curve-style": "unbundled-bezier",
        "control-point-distances": "data(bend)",
        "control-point-weights": 0.5,
        "target-arrow-shape": "triangle",
        "arrow-scale": 1.1,
        label: "data(kind)",
        "font-size": 11,
        color: color("quiet"),
        "text-background-color": color("back"),
        "text-background-opacity": 0.85,
        "min-zoomed-font-size": 8,
      },
    },
    { selector: "edge:loop", style: { "curve-style": "bezier", "loop-direction": "90deg", "control-point-step-size": 110 } },
    { selector: "edge.reported", style: look("reported", 3.5) },
    { selector: "edge.pending", style: look("pending", 2.5, [8, 5]) },
    { selector: "edge.gated", style: look("gated", 2.5, [2, 4]) },
    { selector: "edge.allowed", style: look("allowed", 2, [10, 4, 2, 4]) },
    { selector: ".off", style: { opacity: 0.18 } },
    { selector: "edge.on", style: { "z-index": 9, "line-opacity": 1 } },
    { selector: "node.on", style: { "border-width": 3.5 * scale, "border-color": color("focus") } },
    { selector: ".out", style: { display: "none" } },
  ];
}

/** A name in at most two lines that fit into a node. */
function label(name) {
  const at = name.indexOf("@", 1);
  const cut = name.length <= LINE ? name.length : at > 0 && at <= LINE ? at : LINE;
  const rest = name.slice(cut);
  // What tells names apart often stands at their ends.
  const end = rest.length <= LINE ? rest : `…${rest.slice(1 - LINE)}`;
  return `${name.slice(0, cut)}\n${end}`.trim();
}

/** How far each dependency bows to its right: round the classes in its way, and past its twins. */
function bends(places) {
  const twins = new Map();
  return (from, to) => {
    const pair = `${from} ${to}`;
    const twin = twins.get(pair) ?? 0;
    twins.set(pair, twin + 1);
    const [right, left] = detours(places, from, to);
    const isPaired = leaving[to].some((number) => graph.dependencies[number].to === from);
    const own = isPaired ? Math.max(right, 22) : right <= left ? right : -left;
    return own + Math.sign(own || 1) * twin * 26;
  };
}

/** How far the control point of a curve must stand to its right, or to its left, to miss them all. */
function detours(places, from, to) {
  const [[x, y], end] = [places.get(from), places.get(to)];
  const length = Math.hypot(end[0] - x, end[1] - y) || 1;
  const [dx, dy] = [(end[0] - x) / length, (end[1] - y) / length];
  const reach = (Math.abs(dy) * NODE.width + Math.abs(dx) * NODE.height) / 2 + 10;
  let [right, left] = [0, 0];
  for (const [number, [ax, ay]] of places) {
    const along = ((ax - x) * dx + (ay - y) * dy) / length;
    const aside = (ay - y) * dx - (ax - x) * dy;
    if (number !== from && number !== to && along > 0 && along < 1 && Math.abs(aside) < reach) {
      const part = 2 * along * (1 - along);
      right = Math.max(right, (reach + aside) / part);
      left = Math.max(left, (reach - aside) / part);
    }
  }
  return [right, left].map((detour) => Math.min(detour, length));
}

function elementsOf(view) {
  const places = new Map(view.classes.map((number, at) => [number, view.places[at]]));
  const nodes = view.classes.map((number, at) => ({
    group: "nodes",
    data: {
      id: `c${number}`,
      number,
      label: label(className(number)),
      ...(hasTimes && { held: share(number, "held"), waited: share(number, "waited") }),
    },
    position: { x: view.places[at][0], y: view.places[at][1] },
  }));
  const bend = bends(places);
  const inView = ({ from, to }) => places.has(from) && places.has(to);
  const shown = graph.dependencies.filter(inView);
  isMany = shown.length > MANY;
  const hasArrows = shown.filter(({ state }) => state !== "accepted").length <= MANY;
  const edges = graph.dependencies.flatMap((dependency, number) => {
    const { from, to, kind, state } = dependency;
    if (!inView(dependency)) {
      return [];
    }
    const isPlain = isMany && from !== to && (state === "accepted" || !hasArrows);
    const own = state === "accepted" ? "" : state;
    const data = { id: `d${number}`, number, source: `c${from}`, target: `c${to}`, kind };
    return {
      group: "edges",
      data: isPlain ? data : { ...data, bend: bend(from, to) },
      classes: isPlain ? own : `${own} arrow`,
    };
  });
  return [...nodes, ...edges];
}

/** Draws the view `near` or `all` of the graph. */
function openView(name) {
  const elements = elementsOf(graph[name]);
  cy?.destroy();
  cy = cytoscape({
    container: document.getElementById("picture"),
    elements,
    style: pictureStyle(),
    layout: { name: "preset", fit: true, padding: 30 },
    maxZoom: 1.5,
    autoungrabify: isMany,
    boxSelectionEnabled: false,
    ...(isMany && { hideEdgesOnViewport: true, textureOnViewport: true, pixelRatio: 1 }),
  });
  cy.on("tap", "edge", (event) => select("dependency", event.target.data("number")));
  cy.on("tap", "node", (event) => select("class", event.target.data("number")));
  cy.on("tap", (event) => event.target === cy && select());
}

function elementsFor(classes, dependencies) {
  const ids = [...classes.map((number) => `c${number}`), ...dependencies.map((number) => `d${number}`)];
  return ids.reduce((found, id) => found.merge(cy.getElementById(id)), cy.collection());
}

function isInPicture(number) {
  return cy.getElementById(`c${number}`).nonempty();
}

/**
 * Brings out some classes and dependencies, which may be none, and dims what does not touch them,
 * unless it is too much.
 */
function highlight(classes, dependencies) {
  const chosen = elementsFor(classes, dependencies);
  cy.batch(() => {
    cy.elements(".on, .off").removeClass("on off");
    chosen.addClass("on");
    if (chosen.nonempty() && !isMany) {
      cy.elements().difference(chosen.union(chosen.connectedNodes())).addClass("off");
    }
  });
  return chosen;
}

/** Whether all nodes among some elements are on the screen. */
function isInSight(elements) {
  const { x1, y1, x2, y2 } = elements.nodes().renderedBoundingBox();
  return elements.empty() || (x1 >= 0 && y1 >= 0 && x2 <= cy.width() && y2 <= cy.height());
}

function zoomTo(elements) {
  if (elements.nonempty()) {
    cy.fit(elements, 60);
  }
}

function fitPicture() {
  const inside = cy.elements().difference(cy.elements(".out"));
  cy.fit(inside.nonempty() ? inside : undefined, 30);
}

/** Keeps what the filter lets through. */
function filterPicture(hasClass, hasDependency) {
  cy.batch(() => {
    cy.nodes().forEach((node) => void node.toggleClass("out", !hasClass(node.data("number"))));
    cy.edges().forEach((edge) => void edge.toggleClass("out", !hasDependency(edge.data("number"))));
  });
}

const KEYS = {
  ArrowLeft: () => cy.panBy({ x: STEP, y: 0 }),
  ArrowRight: () => cy.panBy({ x: -STEP, y: 0 }),
  ArrowUp: () => cy.panBy({ x: 0, y: STEP }),
  ArrowDown: () => cy.panBy({ x: 0, y: -STEP }),
  "+": () => zoomBy(1.25),
  "-": () => zoomBy(0.8),
  0: fitPicture,
};

function zoomBy(factor) {
  const middle = { x: cy.width() / 2, y: cy.height() / 2 };
  cy.zoom({ level: cy.zoom() * factor, renderedPosition: middle });
}

function watchPicture() {
  document.getElementById("picture").addEventListener("keydown", (event) => {
    const action = KEYS[event.key];
    if (action && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      action();
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy.style(pictureStyle()));
}
