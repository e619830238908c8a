// Numbers as people read them: no more digits than their spread bears, a proper minus, words for money and time.

const MINUS = "\u2212";

/** Return how many decimals a number with this spread bears (as the Python side does). */
export function decimals(scale) {
  if (!(scale > 0) || !Number.isFinite(scale)) return 2;
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(scale))));
}

/** Return a number with the digits its scale bears; "unknown" where there is none. */
export function number(value, scale = Math.abs(value)) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "unknown";
  const text = value.toFixed(decimals(scale));
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", MINUS);
}

/** Return a number with its sign. */
export function signed(value, scale) {
  const text = number(value, scale);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** Return a value as it was set: as few digits as say it. */
export function plain(value) {
  if (value === null || value === undefined) return "drawn";
  if (typeof value !== "number") return String(value);
  const text = Math.abs(value) >= 1e5 ? value.toLocaleString("en-GB") : String(Number(value.toPrecision(6)));
  return text.replace("-", MINUS);
}

/** Return an amount of money with three digits: 545 k, 2.85 M. */
export function usd(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "unknown";
  const size = Math.abs(value);
  const [unit, by] =
    size >= 999.5e6 ? [" bn", 1e9] : size >= 999.5e3 ? [" M", 1e6] : size >= 999.5 ? [" k", 1e3] : ["", 1];
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(size / by, 1))));
  const text = by === 1 ? value.toFixed(0) : (value / by).toFixed(digits).replace(/\.0+$/, "");
  return `${text.replace("-", MINUS)}${unit}`;
}

/** Return a share as a percentage; all and none are said of all and none only. */
export function percent(share, digits = 0) {
  const text = (100 * share).toFixed(digits);
  if (digits === 0 && share < 1 && text === "100") return "over 99 %";
  if (digits === 0 && share > 0 && text === "0") return "under 1 %";
  return `${text} %`;
}

/** Return months as people say them. */
export function time(months) {
  if (months === null || months === undefined) return "never";
  if (months < 24) return `${Math.round(months)} ${Math.round(months) === 1 ? "month" : "months"}`;
  return `${(months / 12).toFixed(1)} years`;
}

/** Return what is wrong with a number somebody typed, or nothing; `by` is what it is shown multiplied with. */
export function wrongNumber(value, low, high, isWhole, by = 1) {
  if (value >= low && value <= high && (!isWhole || Number.isInteger(value))) return "";
  return `${isWhole ? "A whole number" : "A number"} from ${plain(by * low)} to ${plain(by * high)} is needed.`;
}

/** Return a count of things with its noun. */
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** Return a text with its first letter large. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Return a value with its unit: shares as per cent. */
export function withUnit(value, unit) {
  if (typeof value !== "number") return plain(value);
  if (unit === "share") return percent(value, Number.isInteger(Number((100 * value).toFixed(6))) ? 0 : 1);
  if (unit.startsWith("usd")) return `${usd(value)} ${unit}`;
  if (unit === "-" || unit === "name") return plain(value);
  return `${plain(value)} ${value === 1 ? unit.replace(/^(year|month|week|hour|decision)s/, "$1") : unit}`;
}
