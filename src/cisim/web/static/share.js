// What leaves the page: a link that holds everything, files, and the command that gives the same bits.

import * as address from "./address.js";
import * as api from "./api.js";
import { inputsOf, listed } from "./asked.js";
import { el, put, say } from "./dom.js";

const FILES = [
  ["report", "Report", "One page for offline reading, with figures, inputs and limits."],
  ["png", "Figure (PNG)", "For slides."],
  ["svg", "Figure (SVG)", "For print."],
  ["csv", "Futures (CSV)", "A row per future: what was drawn and every outcome in both ways of working."],
  ["series-csv", "Months (CSV)", "A row per future and month."],
  ["yaml", "Scenario file (YAML)", "This what-if as a file, with the command that runs it."],
  ["study", "Study file (YAML)", "For cisim sweep, to go on from here."],
  ["command", "Command line", "Gives the same answer in a terminal."],
];

/** Hand a file to the browser's downloads. */
function save(blob, filename) {
  const url = URL.createObjectURL(blob);
  const anchor = el("a", { href: url, download: filename });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function share(root, board, { token }) {
  const told = el("p", { role: "status" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const link = el("input", { id: "link", readonly: true, on: { focus: () => link.select() } });
  const withToken = el("input", { type: "checkbox", id: "with-token", on: { change: () => update() } });
  const inputs = el("div", {});

  const current = () => address.linkOf(board.state(), withToken.checked ? token() : "");

  async function copy() {
    link.value = await current();
    try {
      await navigator.clipboard.writeText(link.value);
      say(told, "The link is copied.");
    } catch {
      link.focus();
      link.select();
      say(told, "Copy the marked link by hand: this browser does not let the page do it.");
    }
  }

  async function fetchFile(kind, button) {
    button.disabled = true;
    say(wrong, "");
    say(told, "The file is being made.");
    try {
      const { whatif } = board.item;
      const shown = await address.linkOf({ shown: 0, whatifs: [whatif] });
      const { blob, filename } = await api.file("api/export", { whatif, kind, link: shown });
      save(blob, filename);
      say(told, `${filename} is saved.`);
    } catch (error) {
      say(told, "");
      say(wrong, error.message);
    }
    button.disabled = false;
    button.focus();
  }

  const file = ([kind, title, help]) => {
    const button = el(
      "button",
      { type: "button", "data-kind": kind, on: { click: () => fetchFile(kind, button) } },
      title,
    );
    return el("li", {}, button, el("span", { class: "help" }, help));
  };
  put(
    root,
    el("h3", {}, "Link"),
    el("p", {}, "The link holds everything that is set, of all what-ifs here. Whoever opens it sees the same numbers."),
    el(
      "div",
      { class: "row" },
      el("label", { for: "link", class: "unseen" }, "Link"),
      link,
      el("button", { type: "button", on: { click: copy } }, "Copy link"),
    ),
    board.start.needs_token &&
      el(
        "p",
        {},
        withToken,
        el("label", { for: "with-token" }, " with the access token: whoever has it can use this simulator"),
      ),
    el("h3", {}, "Files of this what-if"),
    el("ul", { class: "files" }, FILES.map(file)),
    told,
    wrong,
    el("h3", {}, "What is asked"),
    inputs,
  );

  async function update() {
    put(inputs, listed(inputsOf(board)));
    link.value = await current();
  }
  return update;
}
