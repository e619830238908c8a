// The inputs in words: for print, and for whoever wants to see at a glance what was asked.

import { isDrawn, titleOf } from "./ask.js";
import { el, put } from "./dom.js";
import { withUnit } from "./format.js";

/** Return pairs of words that say what a what-if asks. */
export function inputsOf(board) {
  const {
    start,
    item: { whatif },
  } = board;
  const told = board.toldOf();
  const drawn = start.params.filter((one) => isDrawn(start, told, whatif, one.name)).length;
  const own = Object.entries(whatif.set).map(([name, value]) => {
    const param = start.byName[name];
    return [param ? `${param.meaning} (${name})` : name, withUnit(value, param?.unit ?? "-")];
  });
  return [
    ["Community", told.title],
    ["Way of working", titleOf(start, whatif.regime)],
    ["Compared with", titleOf(start, whatif.reference)],
    ["How coordination is paid", whatif.financing === "added" ? "new money, on top" : "out of the same total money"],
    ["Paired futures", `${whatif.worlds}, key of draws ${whatif.seed}`],
    ["Values nobody knows", drawn ? `${drawn} drawn anew in each future (${whatif.draws})` : "none is drawn"],
    ...(whatif.worth_usd === null ? [] : [["Worth of a unit kept up for a year", withUnit(whatif.worth_usd, "usd")]]),
    ...own,
  ];
}

/** Return the pairs as a list. */
export const listed = (pairs) =>
  el(
    "dl",
    {},
    pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );

export const asked = (root, board) => () => {
  put(root, el("h2", {}, `What was asked: ${board.item.whatif.name}`), listed(inputsOf(board)));
};
