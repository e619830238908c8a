// Who gains and who loses: the indicator of each group in the last year.

import { titleOf } from "./ask.js";
import { el, put, svg, table } from "./dom.js";
import { capital, number, percent, signed } from "./format.js";

const [WIDE, HIGH] = [200, 22];

/** Return a mean with its interval on a line that holds zero. */
function whisker(one, low, high) {
  const x = (value) => 6 + ((value - low) / (high - low || 1)) * (WIDE - 12);
  return svg(
    "svg",
    { class: "whisker", viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" },
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: HIGH }),
    svg("line", { class: "error", x1: x(one.low), x2: x(one.high), y1: HIGH / 2, y2: HIGH / 2 }),
    svg("circle", { cx: x(one.gain), cy: HIGH / 2, r: 4.5 }),
  );
}

/** Return what the interval says, in a word. */
function verdict(one) {
  if (one.low > 0) return "gains";
  if (one.high < 0) return "loses";
  return one.low === 0 && one.high === 0 ? "no difference" : "cannot be told";
}

export const people = (root, board) => () => {
  const { answer } = board.item;
  if (!answer) return;
  const names = answer.labels.map((name) => titleOf(board.start, name));
  const low = Math.min(0, ...answer.groups.map((one) => one.low));
  const high = Math.max(0, ...answer.groups.map((one) => one.high));
  const gap = Math.min(...answer.groups.map((one) => Math.abs(one.gain)).filter(Boolean), 1);
  const rows = answer.groups.map((one) => {
    const error = (one.high - one.low) / 2;
    return [
      capital(one.name),
      number(one.reference, gap),
      number(one.chosen, gap),
      signed(one.gain, error),
      `${number(one.low, error)} to ${number(one.high, error)}`,
      whisker(one, low, high),
      el("span", {}, verdict(one)),
      percent(one.share_better),
    ];
  });
  put(
    root,
    el(
      "p",
      { class: "lead" },
      `${capital(answer.indicator.name)} of each group in the last year, ${answer.indicator.unit}; gains count as positive.`,
    ),
    table(
      `Gains of groups, means of ${answer.done} futures with 95 % intervals`,
      [
        "Group",
        ...names,
        "Mean gain",
        "95 % interval",
        "loses | gains",
        "In a word",
        "Futures in which it is better off",
      ],
      rows,
      { class: "levels" },
    ),
    el("p", { class: "help" }, "Organisations win and lose too; this table is about the residents they serve."),
  );
};
