// The what-ifs on the page, and the runs that answer them: a change starts a run and ends the older one at once.

import * as api from "./api.js";
import { sourceKey } from "./ask.js";
import { throttled } from "./dom.js";

const WAIT_MS = 40;
let turns = 0;
const CLIENT = crypto.getRandomValues(new Uint32Array(4)).join("-").slice(0, 40);

/**
 * One what-if and what is known of it.
 * @typedef {{slot: number, whatif: object, turn: number, answer: object|null, done: number, of: number,
 *   ended: boolean, trouble: Error|null, key: string}} Item
 */

export class Board extends EventTarget {
  constructor(start) {
    super();
    this.start = start;
    this.items = [];
    this.shown = 0;
    this.told = new Map([[sourceKey(start.scenario.source), start.scenario]]);
  }

  /** @returns {Item} the what-if that is shown */
  get item() {
    return this.items[this.shown];
  }

  /** Return the scenario of a what-if as the server tells it. */
  toldOf(item = this.item) {
    return this.told.get(sourceKey(item.whatif.scenario));
  }

  /** Learn what a scenario says; throws Trouble where it is not allowed. */
  async learn(source) {
    const key = sourceKey(source);
    if (!this.told.has(key)) this.told.set(key, await api.post("api/scenario", { scenario: source }));
    return this.told.get(key);
  }

  /** Replace everything by the what-ifs of a state. */
  async load(state) {
    await Promise.all(state.whatifs.map((one) => this.learn(one.scenario)));
    for (const item of this.items) this.#stop(item);
    this.items = [];
    for (const whatif of state.whatifs) this.#put(whatif);
    this.shown = state.shown;
    this.#tell("board");
    for (const item of this.items) this.#run(item);
  }

  /** Return the state that a link holds. */
  state() {
    return { shown: this.shown, whatifs: this.items.map((item) => item.whatif) };
  }

  /** Change the shown what-if and ask again; a new name asks nothing. */
  change(whatif) {
    const item = this.item;
    const isSame = JSON.stringify({ ...item.whatif, name: "" }) === JSON.stringify({ ...whatif, name: "" });
    item.whatif = whatif;
    this.#tell("inputs");
    if (isSame) return;
    Object.assign(item, { done: 0, of: whatif.worlds, ended: false, trouble: null });
    this.#tell("asked", item);
    item.ask();
  }

  /** Add a copy of the shown what-if and show it. */
  add() {
    if (this.items.length >= this.start.most_whatifs) return;
    const from = this.item;
    const taken = this.items.map((item) => item.whatif.name);
    const name = ["A", "B", "C", "D"].find((letter) => !taken.includes(letter));
    const item = this.#put({ ...from.whatif, set: { ...from.whatif.set }, name });
    this.shown = this.items.length - 1;
    this.#tell("board");
    this.#run(item);
  }

  /** Take the shown what-if away. */
  remove() {
    if (this.items.length < 2) return;
    this.#stop(this.item);
    this.items.splice(this.shown, 1);
    this.shown = Math.min(this.shown, this.items.length - 1);
    this.#tell("board");
  }

  show(k) {
    this.shown = k;
    this.#tell("board");
  }

  /** Ask once more, after trouble. */
  again() {
    for (const item of this.items) if (item.trouble) this.#run(item);
  }

  #put(whatif) {
    const slots = this.items.map((item) => item.slot);
    const slot = [0, 1, 2, 3].find((k) => !slots.includes(k));
    const item = {
      slot,
      whatif,
      turn: 0,
      answer: null,
      done: 0,
      of: whatif.worlds,
      ended: false,
      trouble: null,
      key: "",
    };
    item.ask = throttled(() => this.#run(item), WAIT_MS);
    this.items.push(item);
    return item;
  }

  #stop(item) {
    item.abort?.abort();
    item.turn = ++turns;
  }

  async #run(item) {
    if (!this.items.includes(item)) return;
    this.#stop(item);
    const turn = item.turn;
    const abort = new AbortController();
    Object.assign(item, { abort, done: 0, of: item.whatif.worlds, ended: false, trouble: null });
    this.#tell("asked", item);
    try {
      const body = { client: CLIENT, slot: item.slot, turn, whatif: item.whatif };
      await api.stream("api/run", body, (line) => turn === item.turn && this.#line(item, line), abort.signal);
      if (turn === item.turn && !item.ended && !item.trouble) this.#fail(item, BROKEN);
    } catch (error) {
      if (error.name !== "AbortError" && turn === item.turn) this.#fail(item, error);
    }
  }

  #line(item, line) {
    if (line.kind === "start") Object.assign(item, { key: line.key, of: line.of });
    if (line.kind === "answer") {
      Object.assign(item, { answer: line.answer, done: line.done, of: line.of });
      this.#tell("answer", item);
    }
    if (line.kind === "end") {
      item.ended = true;
      this.#tell("end", item);
    }
    if (line.kind === "superseded")
      this.#fail(item, new api.Trouble([{ field: "", message: "Another request took its place." }]));
    if (line.kind === "error") this.#fail(item, new api.Trouble(line.problems));
  }

  #fail(item, error) {
    item.trouble = error;
    this.#tell("trouble", item);
  }

  #tell(type, item = this.item) {
    this.dispatchEvent(new CustomEvent(type, { detail: item }));
  }
}

const BROKEN = new api.Trouble([{ field: "", message: "The answer stopped before the last future came in." }]);
