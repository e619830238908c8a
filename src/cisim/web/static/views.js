// What can be looked at closer.

import { share } from "./share.js";

/** Return the views under the answer. */
export const views = (board, context) => [
  { id: "share", title: "Share and export", make: (root) => share(root, board, context) },
];
