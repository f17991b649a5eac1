// A window over the board: closed by Esc, its cross, or a press beside it; focus goes back after.

import { h, iconButton } from "../dom.js";

let count = 0;

/**
 * Opens one; `body` and `foot` are lists of elements. Returns the dialog. With `bare`, all of it
 * is the body's. `closed` is called once.
 */
export function openDialog(title, { body = [], foot = null, kind = "", bare = false, closed = () => {} } = {}) {
  const id = `dialog-${++count}`;
  const dialog = h("dialog", { class: kind, "aria-labelledby": bare ? null : id, "aria-label": bare ? title : null });
  if (bare) {
    dialog.append(...body);
  } else {
    dialog.append(
      h("div", { class: "head" }, h("h2", { id }, title), iconButton("close", "Close", () => dialog.close())),
      h("div", { class: "body" }, body),
    );
    if (foot) dialog.append(h("div", { class: "foot" }, foot));
  }
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    closed();
    dialog.remove();
    before.focus();
    // What opened it may be gone, or hidden.
    if (document.activeElement !== before) document.querySelector("c2n-board").focusPanel();
  });
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && !bare && isBeside(dialog, event)) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function isBeside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
