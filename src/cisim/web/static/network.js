// Who trusts whom, drawn: one picture per stage, the same places in all of them.

import { el, svg } from "./dom.js";
import { capital, count, number } from "./format.js";

const SIZE = 260;
const TRUSTED = 0.5;
const SECTORS = ["nonprofit", "government", "corporate", "community-led"];

/** The marks of sectors differ in shape and colour. */
const MARKS = [
  (x, y, r) => svg("circle", { cx: x, cy: y, r }),
  (x, y, r) => svg("rect", { x: x - 0.9 * r, y: y - 0.9 * r, width: 1.8 * r, height: 1.8 * r }),
  (x, y, r) =>
    svg("path", { d: `M${x} ${y - 1.2 * r}L${x + 1.15 * r} ${y + 0.9 * r}L${x - 1.15 * r} ${y + 0.9 * r}Z` }),
  (x, y, r) => svg("path", { d: `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}Z` }),
];

function scaled(places) {
  const size = Math.max(1e-9, ...places.flat().map(Math.abs));
  return places.map(([x, y]) => [SIZE / 2 + (x / size) * (SIZE / 2 - 10), SIZE / 2 + (y / size) * (SIZE / 2 - 10)]);
}

function mark(sector, isMember, x, y, r) {
  const node = MARKS[sector % MARKS.length](x, y, r);
  node.setAttribute("class", `sector-${(sector % MARKS.length) + 1} ${isMember ? "member" : "other"}`);
  return node;
}

/** Return in words what one stage shows. */
function words(stage) {
  const active = stage.active.filter(Boolean).length;
  const members = stage.member.filter((one, k) => one && stage.active[k]).length;
  const joined = members ? `${members} of them in the coalition` : "no coalition";
  return `${count(active, "organisation")}, ${joined}; ${count(stage.ties.length, "tie")}, mean trust ${number(stage.mean_trust, 0.1)}, ${stage.trusted} trusted.`;
}

function drawing(stage, places, codes) {
  const r = places.length > 100 ? 2.5 : 4.5;
  const line = ([a, b, trust]) =>
    svg("line", {
      class: trust >= TRUSTED ? "tie trusted" : "tie",
      x1: places[a][0],
      y1: places[a][1],
      x2: places[b][0],
      y2: places[b][1],
      "stroke-opacity": (0.12 + 0.75 * trust).toFixed(2),
    });
  const nodes = places.map(([x, y], k) => (stage.active[k] ? mark(codes[k], stage.member[k], x, y, r) : null));
  const ties = [...stage.ties].sort((a, b) => a[2] - b[2]);
  return svg(
    "svg",
    { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": `${stage.title}: ${words(stage)}` },
    ties.map(line),
    nodes,
  );
}

/** Return the pictures of a network with their key. */
export function network(found, names) {
  const kinds = [...new Set([...SECTORS, ...found.sectors])];
  const codes = found.sectors.map((name) => kinds.indexOf(name));
  const places = scaled(found.places);
  const owner = { chosen: names.chosen, left: names.chosen, reference: names.reference };
  const key = kinds.map(
    (name, k) =>
      found.sectors.includes(name) &&
      el(
        "li",
        {},
        svg("svg", { viewBox: "0 0 14 14", class: "key", "aria-hidden": "true" }, mark(k, true, 7, 7, 4.5)),
        name,
      ),
  );
  return [
    el(
      "ul",
      { class: "legend" },
      key,
      el("li", { class: "note" }, "filled: in the coalition; hollow: not"),
      el("li", { class: "note" }, `thick: trust of ${TRUSTED} or more`),
    ),
    el(
      "div",
      { class: "stages" },
      found.stages.map((stage) =>
        el(
          "figure",
          {},
          el("figcaption", {}, el("strong", {}, owner[stage.case] ?? ""), `, ${stage.title}`),
          drawing(stage, places, codes),
          el("p", { class: "note" }, capital(words(stage))),
        ),
      ),
    ),
  ];
}
