// The ten levers: a slider and a number for each, with its unit and what places on its scale mean.

import { BUDGET, ROLES, isDrawn, rolesOf, values, withRoles, withSet, without } from "./ask.js";
import { el, put, say } from "./dom.js";
import { count, plain, usd, wrongNumber } from "./format.js";

const GROUPS = [
  [
    "conditions",
    "How they work together",
    "Four of the five conditions of collective impact; the fifth is the backbone.",
  ],
  [
    "backbone",
    "Who is paid to hold it together",
    "Money by role, and for how long. Nothing at all: members do it themselves.",
  ],
  ["problem", "What kind of problem it is", "Nobody decides this: it holds for both ways of working."],
];

/** Return what an amount, a share or a place on a scale means, in words. */
function meaning(lever, value, start) {
  if (lever.unit === "usd/year")
    return value > 0 ? count(Number((value / start.fte_usd).toFixed(1)), "post") : "members do it themselves";
  const [near] = [...lever.words].sort((a, b) => Math.abs(a[0] - value) - Math.abs(b[0] - value));
  if (Math.abs(near[0] - value) < 1e-9) return near[1];
  return `near \u201c${near[1]}\u201d`;
}

/** Return a value as people read it aloud. */
function spoken(lever, value) {
  if (lever.unit === "share") return `${plain(100 * value)} per cent`;
  if (lever.unit === "usd/year") return `${usd(value)} usd a year`;
  return lever.unit === "-" ? plain(value) : `${plain(value)} ${lever.unit}`;
}

class Control {
  constructor(board, lever) {
    Object.assign(this, { board, lever });
    this.isShare = lever.unit === "share";
    this.param = board.start.byName[lever.name];
    const id = `lever-${lever.name}`;
    this.range = el("input", {
      type: "range",
      id,
      min: lever.low,
      max: lever.high,
      step: lever.step,
      "aria-describedby": `${id}-help`,
      on: { input: () => this.set(Number(this.range.value)) },
    });
    this.number = el("input", {
      type: "number",
      id: `${id}-number`,
      step: "any",
      "aria-label": `${lever.title}, exact`,
      inputmode: "decimal",
      on: { change: () => this.#typed() },
    });
    this.words = el("output", { for: id, class: "word" });
    this.back = el("button", { type: "button", class: "back", on: { click: () => this.#reset() } });
    this.wrong = el("p", { class: "wrong", id: `${id}-wrong`, role: "alert" });
    const ends = [lever.words[0][1], lever.words.at(-1)[1]];
    this.root = el(
      "div",
      { class: "lever" },
      el(
        "div",
        { class: "head" },
        el("label", { for: id }, lever.title),
        el("span", { class: "exact" }, this.number, this.isShare ? "%" : this.#unit()),
      ),
      this.range,
      el("div", { class: "scale", "aria-hidden": "true" }, el("span", {}, ends[0]), el("span", {}, ends[1])),
      el("div", { class: "now" }, this.words, this.back),
      this.wrong,
      el("p", { class: "help", id: `${id}-help` }, lever.help),
    );
  }

  #unit() {
    return { "usd/year": "usd a year", "-": "" }[this.lever.unit] ?? this.lever.unit;
  }

  get isRole() {
    return ROLES.includes(this.lever.name);
  }

  set(value) {
    const { board, lever } = this;
    const [told, whatif] = [board.toldOf(), board.item.whatif];
    const change = { [lever.name]: value };
    board.change(
      this.isRole ? withRoles(board.start, told, whatif, change) : withSet(board.start, told, whatif, change),
    );
  }

  #typed() {
    const value = this.isShare ? Number((this.number.valueAsNumber / 100).toPrecision(12)) : this.number.valueAsNumber;
    const [low, high] = this.isRole
      ? [0, this.board.start.byName.backbone_usd_per_year.high]
      : [this.param.low, this.param.high];
    const wrong = wrongNumber(value, low, high, this.param?.kind === "int", this.isShare ? 100 : 1);
    say(this.wrong, wrong);
    this.number.setAttribute("aria-invalid", Boolean(wrong));
    if (!wrong) this.set(value);
  }

  #reset() {
    const names = this.isRole ? BUDGET : [this.lever.name];
    this.board.change(without(this.board.item.whatif, names));
    this.range.focus();
  }

  update(found, told, whatif) {
    const { lever, board } = this;
    const value = found[lever.name];
    const drawn = isDrawn(board.start, told, whatif, lever.name);
    const isSet = (this.isRole ? BUDGET : [lever.name]).some((name) => name in whatif.set);
    if (Number(this.range.value) !== value) this.range.value = value;
    if (document.activeElement !== this.number || !this.wrong.textContent) {
      say(this.wrong, "");
      this.number.removeAttribute("aria-invalid");
      const shown = drawn ? "" : String(Number((this.isShare ? 100 * value : value).toPrecision(12)));
      if (this.number.value !== shown) this.number.value = shown;
    }
    const text = drawn ? "drawn anew in each future; move to fix it" : meaning(lever, value, board.start);
    this.range.setAttribute("aria-valuetext", drawn ? "drawn" : `${spoken(lever, value)}, ${text}`);
    this.number.placeholder = drawn ? "drawn" : "";
    say(this.words, text);
    this.root.classList.toggle("drawn", drawn);
    this.back.hidden = !isSet;
    const again =
      this.param && !this.param.is_lever && isDrawn(board.start, told, without(whatif, [lever.name]), lever.name);
    say(this.back, again ? "draw again" : "set back");
    this.back.setAttribute("aria-label", `${lever.title}: ${again ? "draw again" : "set back"}`);
  }
}

/** Fill the place of the levers; return what keeps them in step. */
export function levers(root, board) {
  const controls = board.start.levers.map((lever) => new Control(board, lever));
  const groups = GROUPS.map(([name, title, lead]) =>
    el(
      "fieldset",
      { class: "group", "data-group": name },
      el("legend", {}, title),
      el("p", { class: "lead" }, lead),
      controls.filter((one) => one.lever.group === name).map((one) => one.root),
    ),
  );
  put(root, el("h2", {}, "Levers"), groups);
  return () => {
    const [told, whatif] = [board.toldOf(), board.item.whatif];
    const found = values(board.start, told, whatif);
    Object.assign(found, rolesOf(found));
    for (const one of controls) one.update(found, told, whatif);
  };
}
