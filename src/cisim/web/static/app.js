// The page: reads the address, asks the server what there is, and wires what is set to what is shown.

import * as address from "./address.js";
import { answerView } from "./answer.js";
import * as api from "./api.js";
import { Board } from "./board.js";
import { asked } from "./asked.js";
import { byId, el, put, say } from "./dom.js";
import { levers } from "./levers.js";
import { setup } from "./setup.js";
import { tabs } from "./tabs.js";
import { upload } from "./upload.js";
import { whatifs } from "./whatifs.js";
import { views } from "./views.js";

let token = "";

const problems = (error) =>
  el(
    "ul",
    { class: "plain" },
    (error.problems ?? [{ message: error.message }]).map((one) =>
      el("li", {}, one.field ? `${one.field}: ` : "", one.message),
    ),
  );

const button = (text, click) => el("button", { type: "button", on: { click } }, text);

/** Say what goes wrong, and offer the way out; said until it goes right. */
function trouble(error, again) {
  const place = byId("trouble");
  if (!error) return put(place);
  return put(place, el("div", { class: "problem" }, problems(error), again && button("Try again", again)));
}

/** Say what is wrong with a link; said until somebody has read it. */
function notice(error) {
  const place = byId("notice");
  put(
    place,
    el(
      "div",
      { class: "problem" },
      el("p", {}, "This link cannot be shown."),
      problems(error),
      button("Close", () => put(place)),
    ),
  );
}

/** Ask for the token where the server wants one. */
function askToken() {
  const input = el("input", { id: "token", type: "password", autocomplete: "off", required: true });
  const send = (event) => {
    event.preventDefault();
    address.addToken(input.value.trim());
    begin();
  };
  put(
    byId("trouble"),
    el(
      "form",
      { class: "problem", on: { submit: send } },
      el(
        "label",
        { for: "token" },
        "This page needs its access token; it stands at the end of the link that was printed when it was started.",
      ),
      input,
      el("button", { type: "submit" }, "Open"),
    ),
  );
}

async function begin() {
  trouble(null);
  const found = await address.read();
  useToken(found.token);
  let start;
  try {
    start = await api.get("api/start");
  } catch (error) {
    if (error.status === 401) askToken();
    else trouble(error, begin);
    return;
  }
  start.byName = Object.fromEntries(start.params.map((one) => [one.name, one]));
  const board = new Board(start);
  const isShown = await show(board, found);
  if (!isShown) await board.load({ shown: 0, whatifs: [start.default] });
  build(board);
  if (isShown) address.write(board.state(), token);
}

/** Show what the address holds, or say why not; return whether it is shown. */
async function show(board, { state, problem }) {
  put(byId("notice"));
  try {
    if (problem) throw problem;
    await board.load(state ?? { shown: 0, whatifs: [board.start.default] });
    return true;
  } catch (error) {
    notice(error);
    return false;
  }
}

function useToken(text) {
  token = text;
  api.useToken(text);
}

function build(board) {
  const { start } = board;
  const sender = upload(board);
  const onScenario = async (source) => {
    if (source === "sent") return;
    try {
      await board.learn(source);
      trouble(null);
      board.change({ ...board.item.whatif, scenario: source, set: {} });
    } catch (error) {
      trouble(error, () => onScenario(source));
    }
  };
  const inputs = [
    whatifs(byId("whatifs"), board),
    setup(byId("setup"), board, { onScenario, upload: sender.root }),
    levers(byId("levers"), board),
    asked(byId("asked"), board),
    sender.update,
  ];
  const answer = answerView(byId("said"), byId("answer"), board);
  const closer = tabs(byId("views"), views(board, { token: () => token }));
  const all = () => {
    for (const update of inputs) update();
    answer();
    closer.update();
    if (!board.item.trouble) trouble(null);
  };
  board.addEventListener("board", () => {
    all();
    address.write(board.state(), token);
  });
  board.addEventListener("inputs", () => {
    for (const update of inputs) update();
    closer.update();
    address.write(board.state(), token);
  });
  board.addEventListener("asked", answer);
  board.addEventListener("answer", ({ detail }) => {
    if (detail === board.item) {
      trouble(null);
      answer();
    }
    closer.update();
  });
  board.addEventListener("end", ({ detail }) => {
    answer();
    closer.update();
    if (detail === board.item) say(byId("live"), `${detail.of} futures. ${detail.answer?.sentence ?? ""}`);
  });
  board.addEventListener("trouble", ({ detail }) => {
    if (detail === board.item) trouble(detail.trouble, () => board.again());
    answer();
  });
  byId("limits").append(
    el(
      "ul",
      {},
      start.cannot_tell.map((text) => el("li", {}, text)),
    ),
  );
  say(byId("origin"), `cisim ${start.version} \u00b7 model ${start.model}`);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("said").focus();
  });
  byId("main").hidden = false;
  all();
  address.onNew(async () => {
    const found = await address.read();
    if (found.token) useToken(found.token);
    await show(board, found);
  });
}

begin();
