// Courses over time: lines with bands on canvas, and beside them the same in words and as a table.

import uPlot from "./vendor/uPlot.esm.js";
import { el, put, say, svg, table } from "./dom.js";

const HEIGHT = 250;
const charts = new Set();

/** Return a colour of the style sheet, as it is now (light, dark or print). */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Return how a line looks, for a legend. */
export function sample(line) {
  return svg(
    "svg",
    { class: `sample ${line.colour}`, viewBox: "0 0 30 10", "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 29, y1: 5, y2: 5, "stroke-dasharray": line.dash?.join(" ") }),
  );
}

/**
 * A chart that can be drawn again and again.
 *
 * `draw` takes {x, lines, bands, label, heads, rows, unit}: lines {name, values, colour, dash}, bands {low, high,
 * colour, alpha}, a sentence, a table as a function, and `read(k)`, what the pointer tells at place k.
 */
export class Chart {
  constructor(title, { height = HEIGHT, id = "" } = {}) {
    this.height = height;
    this.place = el("div", { class: "canvas", role: "img", "aria-label": title });
    this.legend = el("ul", { class: "legend" });
    this.readout = el("p", { class: "readout", "aria-hidden": "true" });
    this.numbers = el(
      "details",
      { class: "numbers", on: { toggle: () => this.#table() } },
      el("summary", {}, "As numbers"),
    );
    this.title = el("span", { class: "title" }, title);
    this.root = el(
      "figure",
      { class: "chart", id: id || null },
      el("figcaption", {}, this.title, this.legend),
      this.place,
      this.readout,
      this.numbers,
    );
    new ResizeObserver(() => this.#resize()).observe(this.place);
    charts.add(this);
  }

  draw(spec) {
    this.spec = spec;
    this.place.setAttribute("aria-label", spec.label);
    if (spec.title) say(this.title, spec.title);
    const look = JSON.stringify([
      spec.lines.map((one) => [one.name, one.colour, one.dash]),
      spec.bands.map((one) => one.colour),
    ]);
    if (look !== this.look) {
      this.look = look;
      put(
        this.legend,
        spec.lines.map((one) => el("li", {}, sample(one), one.name)),
        (spec.notes ?? []).map((text) => el("li", { class: "note" }, text)),
      );
      this.#make();
    } else if (this.plot) this.plot.setData(this.#data());
    this.#table();
    this.#read(null);
  }

  /** Draw in the colours of now. */
  repaint() {
    if (this.spec) this.#make();
  }

  #data() {
    const { x, lines, bands } = this.spec;
    return [x, ...bands.flatMap((one) => [one.low, one.high]), ...lines.map((one) => one.values)];
  }

  #make() {
    this.plot?.destroy();
    this.plot = null;
    const width = this.place.clientWidth;
    if (!width) return;
    this.plot = new uPlot(this.#options(width), this.#data(), this.place);
  }

  #options(width) {
    const { lines, bands, xLabel = "years" } = this.spec;
    const [ink, grid] = [colour("muted"), colour("grid")];
    const font = "13px system-ui, sans-serif";
    const axis = {
      stroke: ink,
      font,
      labelFont: font,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
    };
    return {
      width,
      height: this.height,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
      scales: { x: { time: false }, y: { range: (_, low, high) => room(low, high, this.spec.zero) } },
      axes: [
        { ...axis, label: xLabel, labelSize: 18, size: 30 },
        { ...axis, size: 54, values: (_, ticks) => ticks.map(this.spec.tick ?? tick) },
      ],
      series: [
        {},
        ...bands.flatMap(() => [
          { stroke: null, points: { show: false } },
          { stroke: null, points: { show: false } },
        ]),
        ...lines.map((one) => ({ stroke: colour(one.colour), width: 2.25, dash: one.dash, points: { show: false } })),
      ],
      bands: bands.map((one, k) => ({ series: [2 + 2 * k, 1 + 2 * k], fill: faded(colour(one.colour), one.alpha) })),
      hooks: { setCursor: [(plot) => this.#read(plot.cursor.idx)], drawAxes: [(plot) => this.#zero(plot)] },
    };
  }

  #zero(plot) {
    if (!this.spec.zero) return;
    const y = Math.round(plot.valToPos(0, "y", true));
    const { left, top, width, height } = plot.bbox;
    if (y < top || y > top + height) return;
    plot.ctx.save();
    plot.ctx.strokeStyle = colour("ink");
    plot.ctx.lineWidth = devicePixelRatio;
    plot.ctx.beginPath();
    plot.ctx.moveTo(left, y);
    plot.ctx.lineTo(left + width, y);
    plot.ctx.stroke();
    plot.ctx.restore();
  }

  #read(k) {
    const has = k !== null && k !== undefined && this.spec?.read;
    say(this.readout, has ? this.spec.read(k) : (this.spec?.hint ?? ""));
  }

  #table() {
    const old = this.numbers.querySelector(".scroll");
    if (!this.numbers.open || !this.spec?.rows) return;
    const found = table(this.spec.label, this.spec.heads, this.spec.rows());
    if (old) old.replaceWith(found);
    else this.numbers.append(found);
  }

  #resize() {
    const width = this.place.clientWidth;
    if (!width || !this.spec) return;
    if (!this.plot) this.#make();
    else if (width !== this.plot.width) this.plot.setSize({ width, height: this.height });
  }
}

const tick = (value) => String(Number(value.toPrecision(6))).replace("-", "\u2212");

/** Return the ends of an axis with some room around what is drawn. */
function room(low, high, zero) {
  if (low === null || high === null) return [0, 1];
  const [a, b] = zero ? [Math.min(low, 0), Math.max(high, 0)] : [low, high];
  const rim = b > a ? 0.06 * (b - a) : 0.5;
  return [a - rim, b + rim];
}

function faded(hex, alpha) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

const repaint = () => charts.forEach((one) => one.root.isConnected && one.repaint());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
matchMedia("print").addEventListener("change", repaint);
