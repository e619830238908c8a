// What can be looked at closer.

import { assumptions } from "./assumptions.js";
import { basis } from "./basis.js";
import { coalition } from "./coalition.js";
import { compare } from "./compare.js";
import { future } from "./future.js";
import { money } from "./money.js";
import { people } from "./people.js";
import { share } from "./share.js";

/** Return the views under the answer. */
export const views = (board, context) => [
  { id: "future", title: "One future", make: (root) => future(root, board) },
  { id: "people", title: "Who gains, who loses", make: (root) => people(root, board) },
  { id: "money", title: "Money", make: (root) => money(root, board) },
  { id: "coalition", title: "Coalition", make: (root) => coalition(root, board) },
  { id: "basis", title: "What it rests on", make: (root) => basis(root, board) },
  { id: "assumptions", title: "Assumptions", make: (root) => assumptions(root, board) },
  { id: "compare", title: "Side by side", make: (root) => compare(root, board) },
  { id: "share", title: "Share and export", make: (root) => share(root, board, context) },
];
