// Talking to the server: JSON there and back, a stream of lines for answers. Trouble becomes one kind of error.

/** What went wrong, in words; `problems` as the server states them, `retryMs` where waiting helps. */
export class Trouble extends Error {
  constructor(problems, status = 0, retryMs = 0) {
    super(problems.map((one) => one.message).join(" "));
    Object.assign(this, { problems, status, retryMs });
  }
}

const PATIENCE = 6;
let token = "";

/** Set the token that every request carries; it is kept nowhere but in the address. */
export const useToken = (text) => {
  token = text ?? "";
};

async function troubleOf(response) {
  const wait = Number(response.headers.get("retry-after"));
  const retryMs = [429, 503].includes(response.status) ? 1000 * (Number.isFinite(wait) && wait > 0 ? wait : 1) : 0;
  let problems;
  try {
    problems = (await response.json()).problems;
  } catch {
    problems = null;
  }
  if (!Array.isArray(problems) || !problems.length)
    problems = [{ field: "", message: `The server answered ${response.status} ${response.statusText}.` }];
  return new Trouble(problems, response.status, retryMs);
}

async function ask(path, options) {
  const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...options.headers };
  let response;
  try {
    response = await fetch(path, { ...options, headers, credentials: "omit", cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble([{ field: "", message: "No connection to the simulator; is cisim serve still running?" }], 0);
  }
  if (!response.ok) throw await troubleOf(response);
  return response;
}

const pause = (ms, signal) =>
  new Promise((done, fail) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      fail(new DOMException("superseded", "AbortError"));
    });
  });

/** Ask again where the server is busy, as often as is polite. */
async function patiently(path, options) {
  for (let k = 1; ; k += 1) {
    try {
      return await ask(path, options);
    } catch (error) {
      if (!(error instanceof Trouble) || !error.retryMs || k >= PATIENCE) throw error;
      await pause(Math.min(error.retryMs, 10_000), options.signal);
    }
  }
}

const sent = (body, signal) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  signal,
});

export const get = async (path) => (await patiently(path, {})).json();

export const post = async (path, body, signal) => (await patiently(path, sent(body, signal))).json();

/** Return a file: {blob, filename}. */
export async function file(path, body) {
  const response = await patiently(path, sent(body));
  const filename = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "what-if";
  return { blob: await response.blob(), filename };
}

/** Ask for a stream of lines and call `each` with every one; return whether it came to its end. */
export async function stream(path, body, each, signal) {
  const response = await patiently(path, sent(body, signal));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) each(JSON.parse(line));
    }
  } catch (error) {
    if (error.name === "AbortError" || signal?.aborted) throw new DOMException("superseded", "AbortError");
    throw new Trouble([{ field: "", message: "The connection broke before the last future came in." }], 0);
  }
}
