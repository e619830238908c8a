// Where the money goes: by use, under both ways of working, means of all futures.

import { titleOf } from "./ask.js";
import { el, put, table } from "./dom.js";
import { capital, usd } from "./format.js";

const title = (use) => capital(use.replaceAll("_", " "));

/** Return a bar that goes left for less and right for more. */
function bar(difference, most) {
  const part = `${(50 * Math.abs(difference)) / most}%`;
  const side = difference < 0 ? "less" : "more";
  return el(
    "span",
    { class: "bar", "aria-hidden": "true" },
    el("span", { class: side, css: { width: part, [side === "less" ? "right" : "left"]: "50%" } }),
  );
}

const shown = (value) => (value === 0 ? "0" : `${value > 0 ? "+" : ""}${usd(value)}`);

export const money = (root, board) => () => {
  const { answer } = board.item;
  if (!answer) return;
  const names = answer.labels.map((name) => titleOf(board.start, name));
  const differences = answer.money.map((one) => one.chosen - one.reference);
  const most = Math.max(1, ...differences.map(Math.abs));
  const total = (key) => answer.money.reduce((sum, one) => sum + one[key], 0);
  const rows = answer.money.map((one, k) => [
    title(one.use),
    usd(one.reference),
    usd(one.chosen),
    shown(differences[k]),
    bar(differences[k], most),
  ]);
  rows.push([
    "All together",
    usd(total("reference")),
    usd(total("chosen")),
    shown(total("chosen") - total("reference")),
    el("span", {}),
  ]);
  put(
    root,
    el(
      "p",
      { class: "lead" },
      board.item.whatif.financing === "equal"
        ? "Both ways of working are given the same money; what is spent can still differ, as some is saved, lost or raised on the way."
        : "Coordination is paid by new money, so more is spent in all.",
    ),
    table(
      `Money spent by use, usd a year, means of ${answer.done} futures`,
      ["Use", ...names, "Difference", "less | more"],
      rows,
      { class: "bars levels" },
    ),
    el("p", {}, answer.cost.text),
    el("p", { class: "help" }, "The largest single flows stand under \u201cOne future\u201d."),
  );
};
