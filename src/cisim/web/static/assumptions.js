// Everything that can be set, by section: value, range, source and grade; what is drawn unless it is stated.

import { isDrawn, values, withSet, without } from "./ask.js";
import { el, put, say } from "./dom.js";
import { capital, count, plain, wrongNumber } from "./format.js";

const HIDDEN = ["financing"];

class Row {
  constructor(board, param) {
    Object.assign(this, { board, param });
    this.text =
      `${param.name} ${param.meaning} ${param.unit} ${param.source} ${param.section} ${param.grade}`.toLowerCase();
  }

  /** Make the row's nodes when it is first shown. */
  get root() {
    this.made ??= this.#make();
    return this.made;
  }

  #make() {
    const { param } = this;
    const id = `param-${param.name}`;
    const on = { change: () => this.#typed() };
    this.control =
      param.kind === "choice"
        ? el(
            "select",
            { id, on },
            param.choices.map((value) => el("option", { value }, value)),
          )
        : el("input", { type: "number", id, min: param.low, max: param.high, step: "any", inputmode: "decimal", on });
    this.state = el("span", { class: "state" });
    this.back = el("button", { type: "button", class: "back", on: { click: () => this.#reset() } });
    this.wrong = el("p", { class: "wrong", role: "alert" });
    const known = this.board.start.calibrated[param.name];
    const allowed = param.kind === "choice" ? "" : `${plain(param.low)} to ${plain(param.high)} allowed`;
    const fits = known
      ? `; ${plain(Number(known.low.toPrecision(3)))} to ${plain(Number(known.high.toPrecision(3)))} agree with published facts`
      : "";
    return el(
      "li",
      { class: "param" },
      el("div", { class: "what" }, el("label", { for: id }, capital(param.meaning)), el("code", {}, param.name)),
      el(
        "div",
        { class: "value" },
        el("span", { class: "exact" }, this.control, param.unit === "-" || param.unit === "name" ? "" : param.unit),
        this.state,
        this.back,
      ),
      el(
        "p",
        { class: "note" },
        `${allowed}${fits}. `.replace(/^\. /, ""),
        el("span", { class: `grade ${param.grade}` }, param.grade),
        `: ${param.source}`,
      ),
      this.wrong,
    );
  }

  #typed() {
    const { board, param, control } = this;
    const value = param.kind === "choice" ? control.value : control.valueAsNumber;
    const wrong = param.kind === "choice" ? "" : wrongNumber(value, param.low, param.high, param.kind === "int");
    say(this.wrong, wrong);
    control.setAttribute("aria-invalid", Boolean(wrong));
    if (!wrong) board.change(withSet(board.start, board.toldOf(), board.item.whatif, { [param.name]: value }));
  }

  #reset() {
    this.board.change(without(this.board.item.whatif, [this.param.name]));
    this.control.focus();
  }

  update(found, told, whatif) {
    const { param } = this;
    const root = this.root;
    const drawn = isDrawn(this.board.start, told, whatif, param.name);
    const isSet = param.name in whatif.set;
    const text = drawn && param.kind !== "choice" ? "" : String(found[param.name]);
    if (this.control.value !== text && !(this.wrong.textContent && document.activeElement === this.control)) {
      this.control.value = text;
      say(this.wrong, "");
      this.control.removeAttribute("aria-invalid");
    }
    if (param.kind !== "choice") this.control.placeholder = drawn ? "drawn" : "";
    say(
      this.state,
      isSet
        ? "set by you"
        : drawn
          ? "drawn in each future"
          : param.is_lever
            ? "as this way of working has it"
            : "as this community has it",
    );
    const again = isDrawn(this.board.start, told, without(whatif, [param.name]), param.name);
    say(this.back, again ? "draw again" : "set back");
    this.back.setAttribute("aria-label", `${param.name}: ${again ? "draw again" : "set back"}`);
    this.back.hidden = !isSet;
    root.classList.toggle("set", isSet);
  }
}

export function assumptions(root, board) {
  const rows = board.start.params.filter((one) => !HIDDEN.includes(one.name)).map((one) => new Row(board, one));
  const names = [...new Set(rows.map((one) => one.param.section))];
  const search = el("input", { type: "search", id: "search", autocomplete: "off", on: { input: () => update() } });
  const found = el("p", { role: "status", class: "help" });
  const onlySet = el("input", { type: "checkbox", id: "only-set", on: { change: () => update() } });
  const sections = names.map((name) => {
    const list = el("ul", { class: "params" });
    const heading = el("span", {});
    const node = el("details", { on: { toggle: () => fill() } }, el("summary", {}, heading), list);
    const fill = () => node.open && update();
    return { name, list, heading, node, rows: rows.filter((one) => one.param.section === name) };
  });
  const clear = el(
    "button",
    { type: "button", on: { click: () => board.change({ ...board.item.whatif, set: {} }) } },
    "Set everything back",
  );
  put(
    root,
    el(
      "p",
      { class: "lead" },
      "Every number that the model uses, levers too. Levers hold in the chosen way of working only; all others hold in both. A value that is drawn is fixed by stating it.",
    ),
    el(
      "div",
      { class: "row" },
      el("label", { for: "search" }, "Search"),
      search,
      el("span", {}, onlySet, el("label", { for: "only-set" }, " only what I set")),
      clear,
    ),
    found,
    sections.map((one) => one.node),
  );

  function update() {
    const { whatif } = board.item;
    const told = board.toldOf();
    const now = values(board.start, told, whatif);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) =>
      words.every((word) => row.text.includes(word)) && (!onlySet.checked || row.param.name in whatif.set);
    const isNarrow = words.length > 0 || onlySet.checked;
    let n = 0;
    for (const one of sections) {
      const fitting = one.rows.filter(fits);
      n += fitting.length;
      const set = one.rows.filter((row) => row.param.name in whatif.set).length;
      say(one.heading, `${one.name} (${fitting.length}${set ? `, ${set} set` : ""})`);
      one.node.hidden = !fitting.length;
      if (isNarrow && fitting.length && n <= 60) one.node.open = true;
      if (!one.node.open) continue;
      const nodes = fitting.map((row) => row.root);
      if (nodes.length !== one.list.children.length || nodes.some((node, k) => node !== one.list.children[k]))
        put(one.list, nodes);
      for (const row of fitting) row.update(now, told, whatif);
    }
    say(found, isNarrow ? `${count(n, "value")} found.` : "");
    clear.disabled = !Object.keys(whatif.set).length;
  }
  return update;
}
