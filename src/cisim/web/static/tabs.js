// Views under the answer, one at a time: arrow keys move between them, and only the open one is kept in step.

import { el, put } from "./dom.js";

/**
 * Fill `root` with tabs.
 * @param {{id: string, title: string, make: (root: HTMLElement) => () => void}[]} views
 * @returns {{update: () => void, open: (id: string) => void}}
 */
export function tabs(root, views) {
  const list = el("div", { role: "tablist", "aria-label": "Look closer" });
  const made = views.map(({ id, title, make }, k) => {
    const panel = el("div", {
      role: "tabpanel",
      id: `view-${id}`,
      "aria-labelledby": `tab-${id}`,
      tabindex: "0",
      hidden: k > 0,
    });
    const tab = el(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${id}`,
        "aria-controls": `view-${id}`,
        on: { click: () => open(k), keydown: (event) => move(event, k) },
      },
      title,
    );
    return { id, tab, panel, make, update: null };
  });
  let shown = 0;

  function open(k, hasFocus = false) {
    shown = k;
    made.forEach((one, j) => {
      one.tab.setAttribute("aria-selected", j === k);
      one.tab.tabIndex = j === k ? 0 : -1;
      one.panel.hidden = j !== k;
    });
    if (hasFocus) made[k].tab.focus();
    update();
  }

  function move(event, k) {
    const n = made.length;
    const to = { ArrowRight: (k + 1) % n, ArrowLeft: (k + n - 1) % n, Home: 0, End: n - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    open(to, true);
  }

  function update() {
    const one = made[shown];
    one.update ??= one.make(one.panel);
    one.update();
  }

  put(
    list,
    made.map((one) => one.tab),
  );
  put(
    root,
    el("h2", { class: "unseen" }, "Look closer"),
    list,
    made.map((one) => one.panel),
  );
  open(0);
  return { update, open: (id) => open(made.findIndex((one) => one.id === id)) };
}
