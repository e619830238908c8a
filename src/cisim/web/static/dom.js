// Elements made by script. Text goes in as text, never as markup, so that nothing a scenario says can act.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "on") for (const [event, call] of Object.entries(value)) node.addEventListener(event, call);
    else if (key === "css") for (const [name, rule] of Object.entries(value)) node.style.setProperty(name, rule);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}

/** Return an element with attributes, listeners (`on`), rules of style (`css`) and children. */
export const el = (tag, props = {}, ...children) => fill(document.createElement(tag), props, children);

/** Return an SVG element. */
export const svg = (tag, props = {}, ...children) => fill(document.createElementNS(SVG, tag), props, children);

export const byId = (id) => document.getElementById(id);

/** Replace all children; keeps the node, so that what refers to it stays valid. */
export function put(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}

/** Set text only where it changed: screen readers read live regions again at every write. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Return a table with a caption; cells that start a row are its header. */
export function table(caption, heads, rows, props = {}) {
  const isNumber = (value) => typeof value === "string";
  const cell = (value, k) =>
    k === 0 ? el("th", { scope: "row" }, value) : el("td", { class: isNumber(value) && "number" }, value);
  const head = (text, k) => el("th", { scope: "col", class: k > 0 && isNumber(rows[0]?.[k]) && "number" }, text);
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      props,
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads.map(head))),
      el(
        "tbody",
        {},
        rows.map((row) => el("tr", {}, row.map(cell))),
      ),
    ),
  );
}

/** Return a function that runs at most once per `wait` milliseconds, the last call always. */
export function throttled(call, wait) {
  let last = 0;
  let timer = 0;
  let args = [];
  const run = () => {
    timer = 0;
    last = performance.now();
    call(...args);
  };
  return (...now) => {
    args = now;
    if (!timer) timer = setTimeout(run, Math.max(0, wait - (performance.now() - last)));
  };
}
