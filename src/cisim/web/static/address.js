// The address holds the whole state, and the token where one is needed; nothing is kept anywhere else.

import { decode, encode, parts } from "./link.js";

const WAIT_MS = 300;
let timer = 0;
let turn = 0;
let written = "";

const fragment = (code, token) => `#s=${code}${token ? `&t=${token}` : ""}`;

/** Return what the address holds: {state or null, token, problem}. */
export async function read() {
  const { s, t = "" } = parts(location.hash);
  if (!s) return { state: null, token: t, problem: "" };
  try {
    return { state: await decode(s), token: t, problem: "" };
  } catch (error) {
    return { state: null, token: t, problem: error.message };
  }
}

/** Return the link that shows a state. */
export async function linkOf(state, token = "") {
  return `${location.origin}${location.pathname}${fragment(await encode(state), token)}`;
}

/** Write the state into the address, soon. */
export function write(state, token) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    turn += 1;
    const mine = turn;
    const found = fragment(await encode(state), token);
    if (mine !== turn) return;
    written = found;
    history.replaceState(null, "", found);
  }, WAIT_MS);
}

/** Call when somebody else changes the address, by pasting another link. */
export function onNew(call) {
  addEventListener("hashchange", () => location.hash !== written && call());
}
