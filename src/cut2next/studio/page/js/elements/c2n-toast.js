// What is said in passing: a sentence, and where something went wrong a way on.

import { button, h, iconButton, tell } from "../dom.js";
import { studio } from "../studio.js";

const SHOWN = 5000;
const MOST = 3;

class Toast extends HTMLElement {
  constructor() {
    super(); // once: it is put elsewhere, and so connected, again and again
    studio.addEventListener("say", ({ detail }) => this.#show(detail));
  }

  #show({ words, fault, ways, about }) {
    if (about) this.querySelector(`[data-about="${about}"]`)?.remove();
    if (!words) return;
    const again = ways.map(([name, act]) =>
      button(name, () => {
        toast.remove();
        act();
      }),
    );
    const close = iconButton("close", "Close", () => toast.remove());
    const toast = h("div", { class: fault ? "toast fault" : "toast", role: fault ? "alert" : null, "data-about": about }, h("p", {}, words), again, close);
    // Over a window that is open, not under it.
    const open = [...document.querySelectorAll("dialog[open]")].at(-1);
    (open ?? document.body).append(this);
    this.append(toast);
    for (const old of [...this.querySelectorAll(":scope > :not([data-about])")].slice(0, -MOST)) old.remove();
    if (!fault) {
      tell(words);
      setTimeout(() => toast.remove(), SHOWN);
    }
  }

  disconnectedCallback() {
    // A window closed with what was said in it.
    queueMicrotask(() => this.isConnected || document.body.append(this));
  }
}

customElements.define("c2n-toast", Toast);
