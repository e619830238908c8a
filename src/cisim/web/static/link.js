// The code of a link: the whole state as JSON, deflated, in URL-safe base 64; `cisim whatif --link` reads the same.

export const VERSION = 1;
const MOST_BYTES = 512 * 1024;
const TYPES = {
  name: "string",
  regime: "string",
  reference: "string",
  financing: "string",
  draws: "string",
  worlds: "number",
  seed: "number",
};

async function through(bytes, stream, most = Infinity) {
  const writer = stream.writable.getWriter();
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const parts = [];
  let size = 0;
  const reader = stream.readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error("The link holds more than fits.");
    }
    parts.push(value);
  }
  const found = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    found.set(part, at);
    at += part.length;
  }
  return found;
}

/** Return the code of a state {shown, whatifs}. */
export async function encode(state) {
  const text = JSON.stringify({ v: VERSION, shown: state.shown, whatifs: state.whatifs });
  const packed = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  let binary = "";
  for (let k = 0; k < packed.length; k += 4096) binary += String.fromCharCode(...packed.subarray(k, k + 4096));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Return the state that a code holds; throws an Error that says what is wrong. */
export async function decode(code) {
  let state;
  try {
    const binary = atob(code.replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const text = await through(packed, new DecompressionStream("deflate-raw"), MOST_BYTES);
    state = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (error) {
    throw new Error(
      error.message.startsWith("The link") ? error.message : "The link is damaged; copy it again in full.",
    );
  }
  return checked(state);
}

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Check the form of a state, so that the page can show it; whether its values are allowed the server says. */
function checked(state) {
  const fail = (what) => {
    throw new Error(`The link does not state what it should: ${what}.`);
  };
  if (!isRecord(state) || state.v !== VERSION) fail(`version ${VERSION} is needed`);
  const all = state.whatifs;
  if (!Array.isArray(all) || all.length < 1 || all.length > 4) fail("one to four what-ifs are needed");
  const whatifs = all.map((one, k) => {
    const at = `what-if ${k + 1}`;
    if (!isRecord(one)) fail(at);
    const full = { ...EMPTY, ...one, set: one.set ?? {} };
    for (const [key, type] of Object.entries(TYPES)) if (typeof full[key] !== type) fail(`${at}, ${key}`);
    const source = full.scenario;
    const named = typeof source === "string" || (isRecord(source) && typeof source.yaml === "string");
    if (!named) fail(`${at}, scenario`);
    if (!isRecord(full.set)) fail(`${at}, set`);
    if (full.worth_usd !== null && typeof full.worth_usd !== "number") fail(`${at}, worth_usd`);
    for (const [key, value] of Object.entries(full.set))
      if (typeof value !== "number" && typeof value !== "string") fail(`${at}, ${key}`);
    return full;
  });
  const shown = Number.isInteger(state.shown) && state.shown >= 0 && state.shown < whatifs.length ? state.shown : 0;
  return { shown, whatifs };
}

/** What a what-if says that says nothing; the same defaults as in Python. */
export const EMPTY = Object.freeze({
  name: "A",
  scenario: "generic-adaptive",
  regime: "collective",
  reference: "isolated",
  financing: "equal",
  set: {},
  draws: "calibrated",
  worlds: 256,
  seed: 1,
  worth_usd: null,
});

/** Return the parts of a URL fragment: `s` the state's code, `t` the token. */
export function parts(fragment) {
  const found = {};
  for (const part of fragment.replace(/^#/, "").split("&")) {
    const [key, ...rest] = part.split("=");
    if (rest.length) found[key] = rest.join("=");
  }
  return found;
}
