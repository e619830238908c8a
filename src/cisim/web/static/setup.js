// What is asked: the scenario, the way of working, what it is compared with, how it is paid; and how it is counted.

import { titleOf, withRegime } from "./ask.js";
import { el, put, say } from "./dom.js";
import { wrongNumber } from "./format.js";

const DRAWS = {
  calibrated: "calibrated: agree with published facts",
  scenario: "as the scenario states",
  none: "nothing: one set of values",
};
const PAID = {
  equal: ["Equal budget", "Coordination comes out of the same total money."],
  added: ["Added money", "Coordination is paid by new money, on top."],
};

const option = (value, text) => el("option", { value }, text);

function field(id, label, control, help) {
  return el("div", { class: "field" }, el("label", { for: id }, label), control, help);
}

/** A description, for whoever asks. */
function described(id) {
  const whole = el("p", { class: "help", id });
  const root = el("details", { class: "help" }, el("summary", {}, "What it is"), whole);
  return { root, update: (text) => say(whole, text) };
}

/** A number that is checked as it is typed; `none` says what nothing means. */
function numberField(board, id, label, { read, low, high, whole, none, unit }) {
  const wrong = el("p", { class: "wrong", role: "alert" });
  const input = el("input", {
    type: "number",
    id,
    step: whole ? 1 : "any",
    min: low,
    max: high,
    placeholder: none ?? null,
    on: {
      change: () => {
        const value = input.value === "" && none ? null : input.valueAsNumber;
        const found = value === null ? "" : wrongNumber(value, low, high, whole);
        say(wrong, found);
        input.setAttribute("aria-invalid", Boolean(found));
        if (!found) board.change({ ...board.item.whatif, [read]: value });
      },
    },
  });
  const root = field(id, label, el("span", { class: "exact" }, input, unit), wrong);
  const update = () => {
    if (wrong.textContent && document.activeElement === input) return;
    say(wrong, "");
    const value = board.item.whatif[read];
    const text = value === null ? "" : String(value);
    if (input.value !== text) input.value = text;
  };
  return { root, update };
}

export function setup(root, board, { onScenario, upload }) {
  const { start } = board;
  const change = (part) => board.change({ ...board.item.whatif, ...part });
  const scenario = el("select", {
    id: "scenario",
    "aria-describedby": "scenario-help",
    on: { change: () => onScenario(scenario.value) },
  });
  const regime = el(
    "select",
    {
      id: "regime",
      "aria-describedby": "regime-help",
      on: { change: () => board.change(withRegime(start, board.item.whatif, regime.value)) },
    },
    start.regimes.map((one) => option(one.name, one.title)),
  );
  const reference = el(
    "select",
    { id: "reference", on: { change: () => change({ reference: reference.value }) } },
    start.references.map((name) => option(name, titleOf(start, name))),
  );
  const paid = Object.entries(PAID).map(([value, [label, help]]) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: "radio", name: "financing", value, on: { change: () => change({ financing: value }) } }),
      el("span", {}, label, el("small", {}, help)),
    ),
  );
  const about = described("scenario-help");
  const working = described("regime-help");
  const counted = counting(board);
  put(
    root,
    el("h2", {}, "What is asked"),
    el(
      "div",
      { class: "fields" },
      field("scenario", "Community", scenario, about.root),
      field("regime", "Way of working", regime, working.root),
      field("reference", "Compared with", reference),
      el("fieldset", { class: "field" }, el("legend", {}, "How coordination is paid"), paid),
    ),
    el("div", { class: "more" }, upload, counted.root),
  );
  return () => {
    const { whatif } = board.item;
    const told = board.toldOf();
    const sent = typeof whatif.scenario === "string" ? [] : [option(SENT, `${whatif.scenario.name} (your file)`)];
    put(
      scenario,
      sent,
      start.scenarios.map((one) => option(one.name, one.title)),
    );
    scenario.value = sent.length ? SENT : whatif.scenario;
    about.update(told.description);
    regime.value = whatif.regime;
    working.update(start.regimes.find((one) => one.name === whatif.regime)?.description ?? "");
    reference.value = whatif.reference;
    for (const input of root.querySelectorAll("input[name=financing]"))
      input.checked = input.value === whatif.financing;
    counted.update();
  };
}

/** What the scenario menu says while a file that was sent is in use. */
export const SENT = "sent";

function counting(board) {
  const { low, high } = board.start.futures;
  const draws = el(
    "select",
    { id: "draws", on: { change: () => board.change({ ...board.item.whatif, draws: draws.value }) } },
    board.start.draws.map((name) => option(name, DRAWS[name] ?? name)),
  );
  const fields = [
    numberField(board, "worlds", "Paired futures", { read: "worlds", low, high, whole: true }),
    numberField(board, "seed", "Key of all draws (seed)", {
      read: "seed",
      low: 0,
      high: Number.MAX_SAFE_INTEGER,
      whole: true,
    }),
    numberField(board, "worth", "Worth of one unit kept up for a year", {
      read: "worth_usd",
      low: 0,
      high: 1e12,
      none: "not set",
      unit: "usd",
    }),
  ];
  const root = el(
    "details",
    {},
    el("summary", {}, "How it is counted"),
    el(
      "div",
      { class: "fields" },
      field("draws", "Values nobody knows", draws),
      fields.map((one) => one.root),
    ),
    el(
      "p",
      { class: "help" },
      "With a worth set, a future pays where its gains are worth more than all new money; without, where they sum up to more than nothing.",
    ),
  );
  const update = () => {
    draws.value = board.item.whatif.draws;
    for (const one of fields) one.update();
  };
  return { root, update };
}
