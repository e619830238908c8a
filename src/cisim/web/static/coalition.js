// Whether the coalition lives, how many belong to it, and how trust goes, over all futures.

import { titleOf } from "./ask.js";
import { yearEnds } from "./answer.js";
import { Chart } from "./chart.js";
import { el, put } from "./dom.js";
import { number, percent } from "./format.js";

const last = (list) => list[list.length - 1];
const year = (x) => String(Number(x.toFixed(1)));

export function coalition(root, board) {
  const alive = new Chart("Coalition alive", { height: 180 });
  const members = new Chart("Members", { height: 180 });
  const trust = new Chart("Trust", { height: 180 });
  put(
    root,
    el("p", { class: "lead" }, "Means of all futures so far. A coalition that has ended counts with no members."),
    el("div", { class: "pair" }, alive.root, members.root, trust.root),
  );
  return () => {
    const { answer } = board.item;
    if (!answer) return;
    const names = answer.labels.map((name) => titleOf(board.start, name));
    const x = answer.months.map((month) => month / 12);
    const { coalition: found } = answer;
    const one = (chart, title, label, lines, write, tick) =>
      chart.draw({
        x,
        title,
        label,
        tick,
        zero: true,
        lines,
        bands: [],
        heads: ["Year", ...lines.map((line) => line.name)],
        rows: () => yearEnds(answer.months).map((k) => [year(x[k]), ...lines.map((line) => write(line.values[k]))]),
        read: (k) => `Year ${year(x[k])}: ${lines.map((line) => `${line.name} ${write(line.values[k])}`).join("; ")}`,
        hint: "Point at the chart to read it.",
      });
    const chosen = (values) => [{ name: names[1], colour: "chosen", values }];
    one(
      alive,
      "Futures in which the coalition is alive",
      `The coalition is alive at the end in ${percent(last(found.alive_share))} of futures.`,
      chosen(found.alive_share),
      (value) => percent(value),
      (value) => percent(value),
    );
    one(
      members,
      "Organisations in the coalition",
      `${number(last(found.members), 1)} organisations belong to it at the end.`,
      chosen(found.members),
      (value) => number(value, 1),
    );
    one(
      trust,
      "Mean trust between tied organisations (0 to 1)",
      `Mean trust ends at ${number(last(found.trust.chosen), 0.1)}, ${number(last(found.trust.reference), 0.1)} under ${names[0]}.`,
      [
        { name: names[0], colour: "reference", dash: [7, 4], values: found.trust.reference },
        ...chosen(found.trust.chosen),
      ],
      (value) => number(value, 0.1),
    );
  };
}
