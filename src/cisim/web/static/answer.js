// The first view: one sentence, the indicator under both ways of working, the paired gain, and how often it pays.

import { titleOf } from "./ask.js";
import { Chart } from "./chart.js";
import { el, put, say, svg } from "./dom.js";
import { capital, number, percent, signed, time, usd } from "./format.js";

const DOTS = 20;
const VERDICTS = {
  pays: "Pays",
  "does-not-pay": "Does not pay",
  harms: "Does harm",
  undecided: "Undecided",
  "no-difference": "No difference",
};
const LINES = { reference: { colour: "reference", dash: [7, 4] }, chosen: { colour: "chosen" } };

const years = (answer) => answer.months.map((month) => month / 12);
const last = (list) => list[list.length - 1];
const range = (low, high, scale) => `${number(low, scale)} to ${number(high, scale)}`;

/** Return the months at the ends of years, and the last. */
export function yearEnds(months) {
  const ends = months.map((month, k) => (month % 12 === 0 ? k : -1)).filter((k) => k >= 0);
  return ends.length && last(ends) === months.length - 1 ? ends : [...ends, months.length - 1];
}

/** Return how the courses of both ways of working are drawn. */
export function levelSpec(answer, names) {
  const x = years(answer);
  const { unit, name, falling_good: falls } = answer.indicator;
  const gap = Math.abs(last(answer.chosen.mean) - last(answer.reference.mean)) || 1;
  const at = (k, key) => `${number(answer[key].mean[k], gap)} (${range(answer[key].low[k], answer[key].high[k], gap)})`;
  return {
    x,
    title: `${capital(name)}, ${unit} (${falls ? "lower" : "higher"} is better)`,
    label:
      `${capital(name)} over ${time(last(answer.months))}: under ${names.chosen} it ends at ${number(last(answer.chosen.mean), gap)}, ` +
      `under ${names.reference} at ${number(last(answer.reference.mean), gap)} ${unit}; means of ${answer.done} futures.`,
    lines: ["reference", "chosen"].map((key) => ({ ...LINES[key], name: names[key], values: answer[key].mean })),
    bands: ["reference", "chosen"].map((key) => ({ ...answer[key], colour: key, alpha: 0.16 })),
    notes: ["pale: 5\u201395 % of futures"],
    heads: ["Year", names.reference, names.chosen],
    rows: () => yearEnds(answer.months).map((k) => [plainYear(x[k]), at(k, "reference"), at(k, "chosen")]),
    read: (k) =>
      `Year ${plainYear(x[k])}: ${names.reference} ${at(k, "reference")}; ${names.chosen} ${at(k, "chosen")}`,
    hint: "Point at the chart to read it.",
  };
}

const plainYear = (year) => String(Number(year.toFixed(1)));

/** Return how the paired gain is drawn. */
export function gainSpec(answer) {
  const x = years(answer);
  const gain = answer.difference;
  const error = Math.abs(last(gain.error_high) - last(gain.error_low)) / 2 || 1;
  const spread = Math.abs(last(gain.high) - last(gain.low)) / 2 || 1;
  const at = (k) => [
    signed(gain.mean[k], error),
    range(gain.error_low[k], gain.error_high[k], error),
    range(gain.low[k], gain.high[k], spread),
  ];
  const end = at(gain.mean.length - 1);
  return {
    x,
    title: `Gain in the same future, ${answer.indicator.unit} (above 0 is better)`,
    zero: true,
    label: `Paired gain: ${end[0]} ${answer.indicator.unit} at the end, 95 % interval of the mean ${end[1]}, 5 to 95 % of futures ${end[2]}.`,
    lines: [{ name: "mean gain", colour: "gain", values: gain.mean }],
    bands: [
      { low: gain.low, high: gain.high, colour: "gain", alpha: 0.16 },
      { low: gain.error_low, high: gain.error_high, colour: "gain", alpha: 0.4 },
    ],
    notes: ["dark: 95 % interval of the mean", "pale: 5\u201395 % of futures"],
    heads: ["Year", "Mean gain", "95 % interval", "5\u201395 % of futures"],
    rows: () => yearEnds(answer.months).map((k) => [plainYear(x[k]), ...at(k)]),
    read: (k) => `Year ${plainYear(x[k])}: mean ${at(k)[0]}, interval ${at(k)[1]}, futures ${at(k)[2]}`,
    hint: "Point at the chart to read it.",
  };
}

/** Return the share of futures in which it pays, as twenty dots. */
export function dots(pays) {
  const text = `${pays.dots} of ${DOTS} dots: it pays in ${pays.count} of ${pays.of} futures`;
  const dot = (k) => {
    const [x, y] = [12 + 22 * (k % 10), 12 + 22 * Math.floor(k / 10)];
    return k < pays.dots
      ? svg("circle", { class: "yes", cx: x, cy: y, r: 9 })
      : svg("circle", { class: "no", cx: x, cy: y, r: 8 });
  };
  return svg(
    "svg",
    { class: "dots", viewBox: "0 0 222 46", role: "img", "aria-label": text },
    Array.from({ length: DOTS }, (_, k) => dot(k)),
  );
}

const fact = (title, ...parts) => el("div", { class: "fact" }, el("h3", {}, title), parts);

function facts(answer) {
  const { pays, break_even: paidBack, cost } = answer;
  const price = cost.usd_per_unit === null ? "no price" : `${usd(cost.usd_per_unit)} usd`;
  return [
    fact(
      "In how many futures it pays",
      dots(pays),
      el(
        "p",
        { class: "big" },
        percent(pays.share),
        el("small", {}, ` (${Math.round(100 * pays.low)} to ${Math.round(100 * pays.high)} %)`),
      ),
      el("p", {}, `${pays.means} All dots are full only if every future pays.`),
    ),
    fact(
      "When it breaks even",
      el("p", { class: "big" }, paidBack.months_median === null ? "never" : `after ${time(paidBack.months_median)}`),
      el("p", {}, paidBack.text),
    ),
    fact("What a unit costs", el("p", { class: "big" }, price), el("p", {}, cost.text)),
  ];
}

/** Fill the places of the sentence and of the charts; return what keeps them in step. */
export function answerView(head, root, board) {
  const badge = el("span", { class: "badge" });
  const sentence = el("p", { class: "sentence", id: "sentence" });
  const progress = el("progress", { max: 1, value: 0, "aria-label": "Futures simulated" });
  const counted = el("span", { id: "progress" });
  const more = el("ul", { class: "plain" });
  const warnings = el("ul", { class: "warnings" });
  const level = new Chart("Indicator", { id: "chart-level" });
  const gain = new Chart("Gain", { id: "chart-gain", height: 200 });
  const numbers = el("div", { class: "facts" });
  put(head, el("h2", {}, "The answer ", badge), sentence, el("p", { class: "progress" }, progress, counted));
  put(
    root,
    warnings,
    level.root,
    gain.root,
    numbers,
    el(
      "details",
      { class: "words", open: matchMedia("(min-width: 56rem)").matches },
      el("summary", {}, "In more words"),
      more,
    ),
  );
  return () => {
    const { item } = board;
    const { answer } = item;
    for (const node of [head, root]) node.classList.toggle("stale", !item.done);
    root.setAttribute("aria-busy", !item.ended && !item.trouble);
    progress.max = item.of;
    progress.value = item.done;
    say(counted, `${item.done} of ${item.of} futures`);
    progress.hidden = item.ended;
    if (!answer) return;
    const names = { reference: titleOf(board.start, answer.labels[0]), chosen: titleOf(board.start, answer.labels[1]) };
    head.dataset.verdict = answer.verdict;
    say(badge, VERDICTS[answer.verdict] ?? answer.verdict);
    say(sentence, answer.sentence);
    put(
      warnings,
      answer.warnings.map((one) => el("li", {}, `${capital(one.text)}.`)),
    );
    put(
      more,
      answer.more.map((text) => el("li", {}, text)),
    );
    level.draw(levelSpec(answer, names));
    gain.draw(gainSpec(answer));
    put(numbers, facts(answer));
  };
}
