// The page begins: elements are defined, keys are heard, the board is fetched.

import "./elements/c2n-actions.js";
import "./elements/c2n-bar.js";
import "./elements/c2n-board.js";
import "./elements/c2n-continuity.js";
import "./elements/c2n-inspector.js";
import "./elements/c2n-panel.js";
import "./elements/c2n-table.js";
import "./elements/c2n-toast.js";
import { listenToKeys } from "./keys.js";
import { order } from "./operations.js";
import { studio } from "./studio.js";

listenToKeys();
await studio.trying(async () => {
  await studio.begin();
  const [first] = order(studio.board);
  if (first && matchMedia("(min-width: 641px)").matches) studio.choose(first);
  document.body.dataset.ready = "";
});
