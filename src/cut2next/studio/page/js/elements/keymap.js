// The table of keys, as they are.

import { h } from "../dom.js";
import { KEYMAP } from "../keys.js";
import { openDialog } from "./dialog.js";

export function openKeys() {
  const rows = KEYMAP.filter((entry) => entry.keys).map((entry) => h("div", {}, h("dt", {}, entry.keys.map((key) => h("kbd", {}, key))), h("dd", {}, entry.words)));
  openDialog("Keys", { body: [h("dl", { class: "keymap" }, rows)] });
}
