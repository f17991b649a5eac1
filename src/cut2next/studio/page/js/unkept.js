// What is written and not kept yet, by field, and of each only the newest. It stays until the server has
// it: it is shown in its field, and sent again when there is a link or somebody asks for it.

import { ApiError } from "./api.js";
import { studio } from "./studio.js";

const unkept = new Map();
const ABOUT = "unkept";

/** What was last written in a field, as long as it is not kept. */
export const written = (field) => unkept.get(field)?.value;

/** Keeps `value` by the operation that `make(board)` gives; `done` is called once it is kept. */
export function keep(field, value, make, done = () => {}) {
  const entry = { value, make, done };
  unkept.set(field, entry);
  return send(field, entry);
}

async function send(field, entry) {
  const isNewest = () => unkept.get(field) === entry;
  entry.fault = null;
  try {
    await studio.change(entry.make);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (!isNewest()) return;
    if (!error.passes) unkept.delete(field);
    entry.fault = error;
    say(error);
    return;
  }
  entry.done();
  if (isNewest()) unkept.delete(field);
  // Where one arrives, others do.
  if (failed().length) sendAgain();
  else say(null);
}

const failed = () => [...unkept].filter(([, entry]) => entry.fault);

/** From the newest board: what was written elsewhere meanwhile stays. */
async function sendAgain() {
  const again = failed();
  try {
    await studio.load();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return say(error);
  }
  for (const [field, entry] of again) if (unkept.get(field) === entry && entry.fault) send(field, entry);
}

/** One sentence for all, as long as there is any. */
function say(error) {
  const count = failed().length;
  if (error && !error.passes) studio.say(error.message, { fault: true });
  const words = count && `${failed()[0][1].fault.message} ${count === 1 ? "What you wrote is" : `${count} things that you wrote are`} not kept yet.`;
  studio.say(words, { fault: true, ways: [["Try again", sendAgain]], about: ABOUT });
}

studio.addEventListener("link", () => studio.linked && failed().length && sendAgain());
addEventListener("beforeunload", (event) => failed().length && event.preventDefault());
