// What-ifs side by side: first in what they differ, then what follows.

import * as api from "./api.js";
import { yearEnds, dots } from "./answer.js";
import { titleOf } from "./ask.js";
import { Chart } from "./chart.js";
import { el, put, say, table, throttled } from "./dom.js";
import { capital, number, signed, time, usd, withUnit } from "./format.js";

const WAIT_MS = 250;
const DASHES = [undefined, [9, 4], [3, 3], [10, 3, 2, 3]];
const year = (x) => String(Number(x.toFixed(1)));
const cell = (...parts) => el("span", {}, parts);

/** Return a value of an input as it is shown. */
function shown(start, value, row) {
  if (value === null) return row.name === "worth_usd" ? "not set" : "drawn";
  return ["regime", "reference"].includes(row.name) ? titleOf(start, value) : withUnit(value, row.unit || "-");
}

function results(items) {
  const of = (write) => items.map(({ answer }) => (answer ? write(answer) : "\u2026"));
  const error = (gain) => (gain.high - gain.low) / 2;
  return [
    ["In a sentence", ...of((one) => cell(one.sentence))],
    ["Futures in which it pays", ...of((one) => cell(dots(one.pays), `${one.pays.count} of ${one.pays.of}`))],
    [
      "Mean gain in the last year",
      ...of(({ gain }) =>
        cell(
          `${signed(gain.mean, error(gain))} ${gain.unit} (${number(gain.low, error(gain))} to ${number(gain.high, error(gain))})`,
        ),
      ),
    ],
    ["Worst tenth", ...of(({ gain }) => cell(signed(gain.worst_tenth, (gain.p95 - gain.p5) / 2)))],
    [
      "Breaks even",
      ...of(({ break_even: one }) => cell(one.months_median === null ? "never" : `after ${time(one.months_median)}`)),
    ],
    ["Coordination, usd a year", ...of(({ cost }) => cell(usd(cost.coordination_usd_per_year.chosen)))],
    [
      "New money for a unit gained",
      ...of(({ cost }) => cell(cost.usd_per_unit === null ? "\u2013" : `${usd(cost.usd_per_unit)} usd`)),
    ],
  ];
}

/** Return how the gains of all what-ifs are drawn together. */
function gainSpec(items) {
  const lines = items.map(({ whatif, answer }, k) => ({
    name: whatif.name,
    colour: `mine-${k + 1}`,
    dash: DASHES[k],
    values: answer.difference.mean,
  }));
  const {
    months,
    indicator: { unit },
  } = items[0].answer;
  const x = months.map((month) => month / 12);
  const scale = Math.max(...lines.flatMap((one) => one.values.map(Math.abs))) / 10 || 1;
  const end = (one) => `${one.name} ${signed(one.values.at(-1), scale)}`;
  return {
    x,
    zero: true,
    title: `Mean gain against what each is compared with, ${unit}`,
    label: `Mean gain at the end: ${lines.map(end).join("; ")} ${unit}.`,
    lines,
    bands: [],
    heads: ["Year", ...lines.map((one) => one.name)],
    rows: () => yearEnds(months).map((k) => [year(x[k]), ...lines.map((one) => signed(one.values[k], scale))]),
    read: (k) => `Year ${year(x[k])}: ${lines.map((one) => `${one.name} ${signed(one.values[k], scale)}`).join("; ")}`,
    hint: "Point at the chart to read it.",
  };
}

/** Tell whether answers can be drawn on one pair of axes. */
function isAlike(items) {
  const answers = items.map((item) => item.answer);
  if (answers.some((one) => !one)) return false;
  const name = (one) => JSON.stringify([one.indicator.name, one.indicator.unit, one.months.length]);
  return answers.every((one) => name(one) === name(answers[0]));
}

export function compare(root, board) {
  const inputs = el("div", { id: "difference" });
  const found = el("div", {});
  const chart = new Chart("Gains side by side", { id: "chart-compare" });
  const alone = el(
    "p",
    {},
    "There is one what-if only. ",
    el("button", { type: "button", on: { click: () => board.add() } }, "Copy it to a new one"),
    " and change the copy.",
  );
  const apart = el("p", { class: "help" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  put(
    root,
    alone,
    el("h3", {}, "In what they differ"),
    inputs,
    wrong,
    el("h3", {}, "What follows"),
    chart.root,
    apart,
    found,
  );
  let asked = "";
  let abort = new AbortController();
  put(inputs, el("p", {}, "Comparing what is asked \u2026"));

  const ask = throttled(async (all) => {
    abort.abort();
    abort = new AbortController();
    try {
      const { rows } = await api.post("api/difference", { whatifs: all }, abort.signal);
      const names = all.map((one) => one.name);
      say(wrong, "");
      put(
        inputs,
        rows.length
          ? table(
              "Inputs that differ",
              ["Input", ...names],
              rows.map((row) => [
                cell(capital(row.meaning), " ", el("code", {}, row.name)),
                ...row.values.map((value) => cell(shown(board.start, value, row))),
              ]),
            )
          : el("p", {}, "Nothing yet: all ask the same."),
      );
    } catch (error) {
      if (error.name === "AbortError") return;
      asked = "";
      say(wrong, error.message);
    }
  }, WAIT_MS);

  return () => {
    const { items } = board;
    const several = items.length > 1;
    alone.hidden = several;
    const all = items.map((item) => item.whatif);
    const now = JSON.stringify(all);
    if (now !== asked) {
      asked = now;
      if (several) ask(all);
      else put(inputs, el("p", {}, "\u2013"));
    }
    const alike = isAlike(items);
    chart.root.hidden = !alike;
    say(
      apart,
      alike || items.some((item) => !item.answer)
        ? ""
        : "They measure different things, or over different times, so their gains are not drawn together.",
    );
    if (alike) chart.draw(gainSpec(items));
    put(found, table("Results side by side", ["Result", ...all.map((one) => one.name)], results(items)));
  };
}
