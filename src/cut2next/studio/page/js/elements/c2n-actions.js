// At the foot of a phone: what a thumb can reach.

import * as actions from "../actions.js";
import { button, icon } from "../dom.js";
import { follows, studio } from "../studio.js";

class ActionsElement extends HTMLElement {
  connectedCallback() {
    const part = (name, words, act) => button([icon(name), words], act);
    this.cut = part("cut", "Cut", () => this.#sheet("c2n-table"));
    this.edit = part("edit", "Edit", () => this.#sheet("c2n-inspector"));
    this.cut.setAttribute("aria-expanded", "false");
    this.edit.setAttribute("aria-expanded", "false");
    this.append(part("add", "Add", () => actions.pickPictures()), this.cut, this.edit, part("play", "Play", () => document.querySelector("c2n-bar").play()));
    this.setAttribute("role", "toolbar");
    this.setAttribute("aria-label", "What to do");
    follows(["chosen", "board"], () => {
      this.cut.disabled = this.edit.disabled = !studio.at;
    });
  }

  /** One sheet at a time; asked for again, it goes. */
  #sheet(name) {
    for (const each of ["c2n-table", "c2n-inspector"]) {
      const element = document.querySelector(each);
      const open = each === name && !element.classList.contains("sheet");
      element.classList.toggle("sheet", open);
      (each === "c2n-table" ? this.cut : this.edit).setAttribute("aria-expanded", open);
    }
  }

  close() {
    this.#sheet(null);
  }
}

customElements.define("c2n-actions", ActionsElement);
