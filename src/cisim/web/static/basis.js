// What the answer rests on: what is drawn, measured, derived and assumed, what was changed, and what to measure first.

import { el, put, table } from "./dom.js";
import { capital, withUnit } from "./format.js";

function first(list) {
  if (list === null) return el("p", {}, "This needs at least 64 futures.");
  if (!list.length) return el("p", {}, "Nothing that is drawn explains more of the result than chance would.");
  return el(
    "ol",
    {},
    list.map((one) =>
      el(
        "li",
        {},
        el(
          "span",
          { class: "meter", "aria-hidden": "true" },
          el("span", { css: { width: `${100 * one.explained}%` } }),
        ),
        one.text,
        " ",
        el("code", {}, one.name),
      ),
    ),
  );
}

const heading = (list) =>
  list?.length && !list.some((one) => one.worth)
    ? "What the result depends on most; knowing it would not change the choice"
    : "Three numbers to measure first";

const counts = (found) => [
  [
    found.drawn,
    "drawn anew in each future",
    `${found.calibrated} of them from sets of values that agree with published facts together`,
  ],
  [found.measured, "measured", "taken from data or trials"],
  [found.derived, "derived", "worked out from published numbers"],
  [found.assumed, "assumed", "set by judgement; nobody has measured them"],
];

export const basis = (root, board) => () => {
  const { answer } = board.item;
  if (!answer) return;
  const { rests_on: found } = answer;
  const { byName } = board.start;
  const changed = found.changed.map((one) => [
    capital(byName[one.name]?.meaning ?? one.name),
    withUnit(one.value, byName[one.name]?.unit ?? "-"),
    withUnit(one.default, byName[one.name]?.unit ?? "-"),
    el("span", {}, one.grade),
    el("span", {}, one.source),
  ]);
  put(
    root,
    el("h3", {}, heading(answer.measure_first)),
    first(answer.measure_first),
    el("h3", {}, "What the numbers are"),
    el(
      "ul",
      { class: "counts" },
      counts(found).map(([n, what, more]) =>
        el("li", {}, el("strong", {}, String(n)), ` ${what}`, el("small", {}, ` \u2013 ${more}`)),
      ),
    ),
    el("h3", {}, "What you changed"),
    changed.length
      ? table("Values set by hand", ["What", "Set to", "Before", "Grade of the default", "Its source"], changed)
      : el("p", {}, "Nothing: the community and the way of working are as they come."),
    el("h3", {}, "What is known of this community"),
    el(
      "ul",
      {},
      board.toldOf().facts.map((one) => el("li", {}, one.text, el("small", {}, ` ${one.source}`))),
    ),
  );
};
