// One future at a time: its courses, what happens if the backbone leaves, who trusts whom, and where its money went.

import * as api from "./api.js";
import { titleOf } from "./ask.js";
import { yearEnds } from "./answer.js";
import { Chart } from "./chart.js";
import { el, put, say, table, throttled } from "./dom.js";
import { capital, number, plain, signed, time, usd } from "./format.js";
import { network } from "./network.js";

const WAIT_MS = 120;
const KEPT = 24;
const last = (list) => list[list.length - 1];
const year = (x) => String(Number(x.toFixed(1)));

/** Return how the courses of one future are drawn. */
function courseSpec(detail, indicator, names) {
  const x = detail.months.map((month) => month / 12);
  const keys = ["reference", "chosen", "if_left"];
  const gap = Math.abs(last(detail.chosen.indicator) - last(detail.reference.indicator)) || 1;
  const at = (k) => keys.map((key) => number(detail[key].indicator[k], gap));
  const ends = at(x.length - 1);
  return {
    x,
    title: `${capital(indicator.name)}, ${indicator.unit} (${indicator.falling_good ? "lower" : "higher"} is better)`,
    label: `${capital(indicator.name)} in this future ends at ${ends[0]} under ${names.reference}, at ${ends[1]} under ${names.chosen}, at ${ends[2]} if the backbone's money ends half-way.`,
    lines: [
      { name: names.reference, colour: "reference", dash: [7, 4], values: detail.reference.indicator },
      { name: names.chosen, colour: "chosen", values: detail.chosen.indicator },
      { name: "if the backbone's money ends half-way", colour: "left", dash: [2, 3], values: detail.if_left.indicator },
    ],
    bands: [],
    heads: ["Year", names.reference, names.chosen, "If the backbone leaves"],
    rows: () => yearEnds(detail.months).map((k) => [year(x[k]), ...at(k)]),
    read: (k) =>
      `Year ${year(x[k])}: ${names.reference} ${at(k)[0]}; ${names.chosen} ${at(k)[1]}; if the backbone leaves ${at(k)[2]}`,
    hint: "Point at the chart to read it.",
  };
}

function gainSpec(detail, unit) {
  const x = detail.months.map((month) => month / 12);
  const scale = Math.max(...detail.gain.map(Math.abs)) || 1;
  return {
    x,
    zero: true,
    title: `Gain in this future, ${unit} (above 0 is better)`,
    label: `Gain in this future: ${signed(last(detail.gain), scale)} ${unit} at the end.`,
    lines: [{ name: "gain", colour: "gain", values: detail.gain }],
    bands: [],
    heads: ["Year", "Gain"],
    rows: () => yearEnds(detail.months).map((k) => [year(x[k]), signed(detail.gain[k], scale)]),
    read: (k) => `Year ${year(x[k])}: ${signed(detail.gain[k], scale)}`,
    hint: "Point at the chart to read it.",
  };
}

/** Return the flows of money of one case as a table. */
const flows = (name, list) =>
  table(
    `Largest flows of money under ${name}, usd a year`,
    ["From", "to", "for", "usd a year"],
    list.map((one) => [capital(one.payer), el("span", {}, one.payee), el("span", {}, one.purpose), usd(one.usd)]),
  );

function drawn(detail, start) {
  const rows = Object.entries(detail.draw).map(([name, value]) => {
    const param = start.byName[name];
    return [
      param ? capital(param.meaning) : name,
      plain(typeof value === "number" ? Number(value.toPrecision(4)) : value),
      param?.unit ?? "",
    ];
  });
  return table("What was drawn in this future", ["Value nobody knows", "drawn", "unit"], rows);
}

export function future(root, board) {
  const { start } = board;
  const details = new Map();
  let i = 0;
  let abort = new AbortController();
  let wanted = "";
  const slider = el("input", {
    type: "range",
    id: "future",
    min: 1,
    max: 1,
    step: 1,
    on: { input: () => count() && go(Number(slider.value) - 1) },
  });
  const told = el("p", { class: "told", id: "future-told" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const course = new Chart("Course of one future", { id: "chart-future" });
  const gain = new Chart("Gain of one future", { height: 170 });
  const web = el("div", { class: "network" });
  const ledger = el("div", {});
  const draw = el("div", {});
  const step = (text, to) => el("button", { type: "button", on: { click: () => count() && go(to()) } }, text);
  const ranked = () => [...board.item.answer.futures].sort((a, b) => a.gain - b.gain);
  const count = () => board.item.answer?.futures.length ?? 0;
  put(
    root,
    el(
      "p",
      { class: "lead" },
      "Each future is one draw of what nobody knows and one course of luck, lived through twice.",
    ),
    el(
      "div",
      { class: "row" },
      step("\u2190 Previous", () => i - 1),
      step("Next \u2192", () => i + 1),
      step("Worst", () => ranked()[0].i),
      step("Middle", () => ranked()[Math.floor(count() / 2)].i),
      step("Best", () => last(ranked()).i),
    ),
    el("label", { for: "future" }, "Future"),
    slider,
    told,
    wrong,
    el("div", { class: "pair" }, course.root, gain.root),
    el("h3", {}, "Who trusts whom"),
    web,
    el("details", {}, el("summary", {}, "Where the money went in this future"), ledger),
    el("details", {}, el("summary", {}, "What was drawn in this future"), draw),
  );

  function go(to) {
    i = Math.min(Math.max(0, to), count() - 1);
    update();
  }

  const fetchSoon = throttled(async (key, whatif, k) => {
    abort.abort();
    abort = new AbortController();
    try {
      const found = await api.post("api/future", { whatif, i: k }, abort.signal);
      if (details.size >= KEPT) details.delete(details.keys().next().value);
      details.set(`${key} ${k}`, found);
      say(wrong, "");
      if (wanted === `${key} ${k}`) show(found);
    } catch (error) {
      if (error.name === "AbortError") return;
      wanted = "";
      say(wrong, error.message);
    }
  }, WAIT_MS);

  function show(detail) {
    const { answer } = board.item;
    if (!answer) return;
    const names = { reference: titleOf(start, answer.labels[0]), chosen: titleOf(start, answer.labels[1]) };
    root.classList.remove("stale");
    course.draw(courseSpec(detail, answer.indicator, names));
    gain.draw(gainSpec(detail, answer.indicator.unit));
    put(web, network(detail.network, names));
    put(
      ledger,
      detail.ledger.chosen.length
        ? [flows(names.reference, detail.ledger.reference), flows(names.chosen, detail.ledger.chosen)]
        : el("p", {}, "Single payments are not listed for communities of more than 300 organisations."),
    );
    put(draw, Object.keys(detail.draw).length ? drawn(detail, start) : el("p", {}, "Nothing is drawn here but luck."));
  }

  function update() {
    const { item } = board;
    if (!item.answer) return;
    i = Math.min(i, count() - 1);
    slider.max = count();
    slider.value = i + 1;
    const one = item.answer.futures[i];
    const scale = (item.answer.gain.p95 - item.answer.gain.p5) / 2;
    const since = one.break_even === null ? "" : `, breaking even after ${time(one.break_even)}`;
    const paid = one.pays ? `it pays${since}` : "it does not pay";
    const text = `Future ${i + 1} of ${count()}: gain in the last year ${signed(one.gain, scale)} ${item.answer.gain.unit}; ${paid}.`;
    say(told, text);
    slider.setAttribute("aria-valuetext", text);
    const name = `${item.key} ${i}`;
    if (!item.ended || wanted === name) return;
    wanted = name;
    root.classList.add("stale");
    if (details.has(name)) show(details.get(name));
    else fetchSoon(item.key, item.whatif, i);
  }
  return update;
}
