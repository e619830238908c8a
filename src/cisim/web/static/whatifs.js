// Up to four what-ifs: which is shown, its name, one more, one less.

import { el, put } from "./dom.js";

export function whatifs(root, board) {
  const list = el("ul", { class: "whatifs" });
  const name = el("input", {
    id: "name",
    maxlength: 40,
    autocomplete: "off",
    on: { input: () => name.value.trim() && board.change({ ...board.item.whatif, name: name.value.trim() }) },
  });
  const add = el("button", { type: "button", on: { click: () => board.add() } }, "+ Copy to a new one");
  const remove = el("button", { type: "button", on: { click: () => board.remove() } }, "Remove");
  put(root, list, el("span", { class: "named" }, el("label", { for: "name" }, "Name"), name), add, remove);
  return () => {
    put(
      list,
      board.items.map((item, k) =>
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              "aria-pressed": String(k === board.shown),
              on: { click: () => board.show(k) },
            },
            item.whatif.name,
          ),
        ),
      ),
    );
    if (document.activeElement !== name) name.value = board.item.whatif.name;
    add.disabled = board.items.length >= board.start.most_whatifs;
    remove.disabled = board.items.length < 2;
  };
}
