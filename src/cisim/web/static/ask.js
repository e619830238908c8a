// What a what-if means: the values that hold in the way of working it asks about, which of them are drawn, and how
// it changes when one is set. Nothing here touches the page or the server.

export const ROLES = ["manager_usd", "data_usd", "facilitator_usd"];
export const BUDGET = ["backbone", "backbone_usd_per_year", "manager_share", "data_share"];
const SAME_BUT = "no-backbone";

/** Return a name for the source of a scenario that is equal for equal sources. */
export const sourceKey = (source) => (typeof source === "string" ? source : JSON.stringify([source.name, source.yaml]));

/** Return the values that hold before anything is set by hand. */
export function baseValues(start, told, regime) {
  const preset = start.regimes.find((one) => one.name === regime);
  return { ...told.values, ...(preset ? preset.values : {}), ...(told.regimes[regime] ?? {}) };
}

/** Return the values that hold in the way of working asked about. */
export const values = (start, told, whatif) => ({ ...baseValues(start, told, whatif.regime), ...whatif.set });

/** Tell whether a value is drawn anew in each future. */
export function isDrawn(start, told, whatif, name) {
  const param = start.byName[name];
  if (!param || name in whatif.set || whatif.draws === "none") return false;
  if (told.uncertain.includes(name)) return true;
  return whatif.draws === "calibrated" && name in start.calibrated && told.values[name] === param.default;
}

/** Return a what-if with values set; one that says nothing new is left out, so that equal questions are equal. */
export function withSet(start, told, whatif, changes) {
  const base = baseValues(start, told, whatif.regime);
  const set = { ...whatif.set };
  for (const [name, value] of Object.entries(changes)) {
    delete set[name];
    if (value !== base[name] || isDrawn(start, told, { ...whatif, set }, name)) set[name] = value;
  }
  return { ...whatif, set };
}

/** Return a what-if in which values are not set by hand any more. */
export function without(whatif, names) {
  return { ...whatif, set: Object.fromEntries(Object.entries(whatif.set).filter(([name]) => !names.includes(name))) };
}

/** Return a what-if about another way of working: its levers are as that has them, assumptions stay. */
export function withRegime(start, whatif, regime) {
  const levers = Object.keys(whatif.set).filter((name) => start.byName[name]?.is_lever);
  return { ...without(whatif, levers), regime };
}

/** Return backbone money by role, whole usd a year. */
export function rolesOf(found) {
  const total = found.backbone * found.backbone_usd_per_year;
  const manager = Math.round(total * found.manager_share);
  const data = Math.round(total * found.data_share);
  return { manager_usd: manager, data_usd: data, facilitator_usd: Math.max(0, Math.round(total) - manager - data) };
}

/** Return a what-if with backbone money by role; the parameter's highest total holds. */
export function withRoles(start, told, whatif, changes) {
  const roles = { ...rolesOf(values(start, told, whatif)), ...changes };
  const most = start.byName.backbone_usd_per_year.high;
  const total = Math.min(most, roles.manager_usd + roles.data_usd + roles.facilitator_usd);
  if (total <= 0) return withSet(start, told, without(whatif, BUDGET), { backbone: 0 });
  const sum = roles.manager_usd + roles.data_usd + roles.facilitator_usd;
  return withSet(start, told, whatif, {
    backbone: 1,
    backbone_usd_per_year: total,
    manager_share: roles.manager_usd / sum,
    data_share: roles.data_usd / sum,
  });
}

/** Return the title of a way of working, or of what it is compared with. */
export function titleOf(start, name) {
  if (name === SAME_BUT) return "The same without a backbone";
  return start.regimes.find((one) => one.name === name)?.title ?? name;
}
