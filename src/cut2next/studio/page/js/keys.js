// All keys in one table: what is pressed, what it does, where it is told.

import * as actions from "./actions.js";
import { isWriting } from "./dom.js";
import { studio } from "./studio.js";

const board = () => document.querySelector("c2n-board");
const go = (way, more) => board().go(way, more);
const element = (name) => document.querySelector(name);

/** `keys` as shown; `on`: the event's key, with "C+" (control or command), "A+", "S+" before it. */
export const KEYMAP = [
  { group: "Board", keys: ["←", "→", "↑", "↓"], words: "Go to another panel" },
  { on: "ArrowLeft", act: () => go("left") },
  { on: "ArrowRight", act: () => go("right") },
  { on: "ArrowUp", act: () => go("up") },
  { on: "ArrowDown", act: () => go("down") },
  { on: "Home", act: () => go("first"), keys: ["Home", "End"], words: "First, last" },
  { on: "End", act: () => go("last") },
  { keys: ["Shift", "←", "→"], words: "Choose several" },
  { on: "S+ArrowLeft", act: () => go("left", { upTo: true }) },
  { on: "S+ArrowRight", act: () => go("right", { upTo: true }) },
  { on: "S+ArrowUp", act: () => go("up", { upTo: true }) },
  { on: "S+ArrowDown", act: () => go("down", { upTo: true }) },
  { keys: ["Alt", "←", "→"], words: "Move what is chosen" },
  { on: "A+ArrowLeft", act: () => actions.moveBy(-1) },
  { on: "A+ArrowRight", act: () => actions.moveBy(1) },
  { on: "A+ArrowUp", act: () => actions.moveBy(-board().columns) },
  { on: "A+ArrowDown", act: () => actions.moveBy(board().columns) },
  { on: "n", act: () => actions.insertEmpty(), keys: ["N"], words: "New panel" },
  { on: "S+n", act: () => actions.newScene(), keys: ["Shift", "N"], words: "New scene" },
  { on: "Delete", act: () => actions.remove(), keys: ["Del"], words: "Remove" },
  { on: "Backspace", act: () => actions.remove() },
  { on: "Enter", act: () => element("c2n-inspector").write(), keys: ["Enter"], words: "Write to it" },
  { on: "C+a", act: () => (board().all(), board().focusPanel()), keys: ["Ctrl", "A"], words: "Choose all" },
  { keys: ["Ctrl", "X", "C", "V"], words: "Cut, copy, paste; pictures too" },
  { on: "C+z", act: () => studio.trying(() => studio.undo()), keys: ["Ctrl", "Z"], words: "Undo" },
  { on: "CS+z", act: () => studio.trying(() => studio.redo()), keys: ["Ctrl", "Shift", "Z"], words: "Do it again" },
  { on: "C+y", act: () => studio.trying(() => studio.redo()) },
  { on: "c", act: () => actions.fiveWays(), keys: ["C"], words: "Five ways to cut" },
  { on: "k", act: () => actions.keep(), keys: ["K"], words: "Keep the candidate" },
  { on: "b", act: () => actions.branch(), keys: ["B"], words: "Branch: as a panel of its own" },
  ...Array.from({ length: 9 }, (_, at) => ({ on: String(at + 1), act: () => element("c2n-table").pick(at) })),
  { keys: ["1", "…", "9"], words: "Choose a candidate" },
  { on: "v", act: () => element("c2n-table").compare(), keys: ["V"], words: "Compare under a slider" },
  { on: " ", act: () => element("c2n-bar").play(), keys: ["Space"], words: "Play from here" },
  { on: "/", act: () => element("c2n-bar").find(), keys: ["/"], words: "Find" },
  { on: "t", act: () => element("c2n-bar").theme(), keys: ["T"], words: "Dark, light" },
  { on: "?", act: () => element("c2n-bar").keys(), keys: ["?"], words: "These keys" },
  { on: "Escape", act: () => element("c2n-bar").back(), keys: ["Esc"], words: "Back" },
];

/** What goes on while its key is held down; anything else is done once. */
const HELD = /Arrow|^C\+z$|^CS\+z$|^C\+y$/;

const ACTS = new Map(KEYMAP.filter((entry) => entry.on).map((entry) => [entry.on, entry.act]));

function pressed(event) {
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // A sign such as "?" has its own shift.
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key));
  const before = `${control ? "C" : ""}${event.altKey ? "A" : ""}${shift ? "S" : ""}`;
  return before ? `${before}+${key}` : key;
}

/** Whether a dialog has all keys: also where the page has the focus, since something in it was
 * clicked that takes none, or went out. */
const isCovered = () => document.querySelector("dialog:modal") !== null;

/** Keys that elements do something of their own with, while they have the focus. What removes a
 * panel does so from the board alone, and from the page where nothing has the focus. */
const TAKEN = [
  [[" ", "Enter"], "button, a, summary, input"],
  [["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"], "input[type=range]"],
  [["Delete", "Backspace"], ":not(html, body, c2n-board, c2n-board *)"],
];

const isTaken = ({ target, key }) => isWriting(target) || TAKEN.some(([keys, whose]) => keys.includes(key) && target.matches?.(whose));

export function listenToKeys() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isCovered() || (isTaken(event) && event.key !== "Escape")) return;
    const key = pressed(event);
    const act = ACTS.get(key);
    if (!act) return;
    event.preventDefault();
    if (!event.repeat || HELD.test(key)) act();
  });
  const isOurs = (event) => !isCovered() && !isWriting(event.target);
  for (const kind of ["copy", "cut"]) addEventListener(kind, (event) => isOurs(event) && getSelection().isCollapsed && actions.copy(event));
  addEventListener("paste", (event) => isOurs(event) && actions.paste(event));
}
