// The address holds the whole state, and the token where one is needed; nothing is kept anywhere else.

import { decode, encode, parts } from "./link.js";

const WAIT_MS = 300;
let timer = 0;
let turn = 0;
let written = "";

const fragment = (code, token) => `#s=${code}${token ? `&t=${encodeURIComponent(token)}` : ""}`;

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Return what the address holds: {state or null, token, problem or null}. */
export async function read() {
  const { s, t = "" } = parts(location.hash);
  const token = plain(t);
  try {
    return { state: s ? await decode(s) : null, token, problem: null };
  } catch (problem) {
    return { state: null, token, problem };
  }
}

/** Put a token into the address. */
export function addToken(token) {
  const { s } = parts(location.hash);
  history.replaceState(null, "", `#${s ? `s=${s}&` : ""}t=${encodeURIComponent(token)}`);
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
