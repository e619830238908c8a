// A scenario file of one's own: its text is read by the same strict reader as any file.

import { Trouble } from "./api.js";
import { el, put, say } from "./dom.js";

/** Return {root, update}: a place to paste or choose a file. */
export function upload(board) {
  const text = el("textarea", {
    id: "yaml",
    rows: 12,
    spellcheck: "false",
    "aria-describedby": "yaml-wrong",
    placeholder: "cisim: 1\nextends: generic-adaptive\nparams:\n  n_orgs: 30",
  });
  const name = el("input", { id: "yaml-name", maxlength: 60, value: "my-town", autocomplete: "off" });
  const wrong = el("div", { id: "yaml-wrong", role: "alert" });
  const fine = el("p", { role: "status", class: "help" });
  const file = el("input", {
    type: "file",
    id: "yaml-file",
    accept: ".yaml,.yml,.txt",
    on: { change: () => choose() },
  });
  const root = el(
    "details",
    { id: "upload" },
    el("summary", {}, "Use a scenario file of your own"),
    el(
      "p",
      { class: "help" },
      "The text is sent to this simulator only, checked line by line, and kept in the link. It may extend a shipped scenario.",
    ),
    el(
      "div",
      { class: "fields" },
      el("div", { class: "field" }, el("label", { for: "yaml-file" }, "Choose a file"), file),
      el("div", { class: "field" }, el("label", { for: "yaml-name" }, "Name"), name),
    ),
    el("label", { for: "yaml" }, "or paste its text"),
    text,
    wrong,
    el("p", {}, el("button", { type: "button", on: { click: () => use() } }, "Check and use")),
    fine,
  );

  async function choose() {
    const [one] = file.files;
    if (!one) return;
    if (one.size > board.start.limits.scenario_bytes)
      return fail([{ message: `The file is longer than ${board.start.limits.scenario_bytes / 1024} kB.` }]);
    text.value = await one.text();
    name.value =
      one.name
        .replace(/\.[^.]*$/, "")
        .replace(/[^A-Za-z0-9 _.-]/g, "-")
        .slice(0, 60) || "my-town";
    return use();
  }

  function fail(problems) {
    say(fine, "");
    text.setAttribute("aria-invalid", "true");
    put(
      wrong,
      el(
        "ul",
        { class: "problem" },
        problems.map((one) =>
          el(
            "li",
            {},
            one.line
              ? el(
                  "button",
                  { type: "button", class: "link", on: { click: () => mark(one) } },
                  `line ${one.line}, column ${one.column ?? 1}`,
                )
              : null,
            one.line ? ": " : "",
            one.field ? `${one.field}: ` : "",
            one.message,
          ),
        ),
      ),
    );
  }

  /** Put the cursor where the problem is. */
  function mark({ line, column = 1 }) {
    const lines = text.value.split("\n");
    const at = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus();
    text.setSelectionRange(at + column - 1, at + (lines[line - 1]?.length ?? 0));
  }

  async function use() {
    const source = { name: name.value.trim() || "scenario", yaml: text.value };
    try {
      const told = await board.learn(source);
      put(wrong);
      text.removeAttribute("aria-invalid");
      say(fine, `In use: ${told.title}.`);
      board.change({ ...board.item.whatif, scenario: source, set: {} });
    } catch (error) {
      fail(error instanceof Trouble ? error.problems : [{ message: error.message }]);
    }
  }

  let shown = null;
  const update = () => {
    const { scenario } = board.item.whatif;
    if (scenario === shown) return;
    shown = scenario;
    if (typeof scenario === "string") return;
    text.value = scenario.yaml;
    name.value = scenario.name;
  };
  return { root, update };
}
