// Elements of the page. Text reaches it through `textContent` alone, whatever a lock is called.

/** An element with properties, and with texts and elements in it. */
function element(tag, properties = {}, ...content) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...content);
  return made;
}

function button(text, action, properties = {}) {
  const made = element("button", { type: "button", ...properties, textContent: text });
  made.addEventListener("click", action);
  return made;
}

function state(name) {
  return element("span", { className: `state ${name}`, textContent: name });
}

/** Text that may go on in a new line behind each part of a path. */
function breakable(text) {
  const parts = text.split(/(?<=[/@])/);
  return parts.flatMap((part, at) => (at === 0 ? [part] : [element("wbr"), part]));
}

function code(text) {
  return element("code", {}, ...breakable(text));
}

/** Marks the one element of a list that is chosen. */
function markCurrent(elements, chosen) {
  for (const each of elements) {
    each.toggleAttribute("aria-current", false);
  }
  chosen?.setAttribute("aria-current", "true");
}
