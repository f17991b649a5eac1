// One panel on the board: its picture, number, length, and a line of what is said or done.

import { pictureUrl } from "../api.js";
import { h, shown } from "../dom.js";
import { patternPicture } from "../patterns.js";
import { lengthOf } from "../time.js";

export class PanelElement extends HTMLElement {
  #drawn = {};

  constructor() {
    super();
    this.still = h("div", { class: "still" });
    this.number = h("span", { class: "number" });
    this.way = h("span", { class: "way" });
    this.length = h("span", { class: "length" });
    this.said = h("p", { class: "said" });
    this.marks = h("div", { class: "marks" });
    this.progress = h("progress", { "aria-label": "Next shots", max: 1, hidden: true });
  }

  connectedCallback() {
    if (this.childElementCount) return;
    this.setAttribute("role", "gridcell");
    this.draggable = true;
    this.append(this.still, h("div", { class: "line" }, this.number, this.way, this.length), this.said);
  }

  /** Shows what is new in it: `given` has plain values, compared one by one. */
  show(given) {
    const { panel, rate, wide } = given;
    const drawn = this.#drawn;
    if (drawn.panel !== panel || drawn.rate !== rate || drawn.wide !== wide) this.#showPanel(given);
    if (drawn.number !== given.number) this.number.textContent = given.number || "·";
    if (drawn.waysOf !== given.waysOf) this.way.textContent = given.waysOf;
    if (drawn.candidates !== given.candidates || drawn.warned !== given.warned) this.#showMarks(given);
    if (drawn.progress !== given.progress) this.#showProgress(given.progress);
    if (drawn.chosen !== given.chosen) this.setAttribute("aria-selected", given.chosen);
    if (drawn.at !== given.at) this.tabIndex = given.at ? 0 : -1;
    if (drawn.lost !== given.lost) this.classList.toggle("lost", given.lost);
    if (drawn.panel !== panel || drawn.number !== given.number || drawn.candidates !== given.candidates || drawn.rate !== rate) this.#name(given);
    this.#drawn = given;
  }

  #showPanel({ panel, rate, wide }) {
    this.length.textContent = lengthOf(panel.frames, rate);
    this.said.textContent = shown(panel.dialogue || panel.action || panel.notes, 140);
    this.classList.toggle("empty", !panel.picture);
    const key = panel.picture ? `${panel.picture.sha256} ${wide > 320}` : `empty ${panel.way.patterns[0] ?? ""}`;
    if (this.key === key) return;
    this.key = key;
    const src = panel.picture && pictureUrl(panel.picture, wide);
    // A picture that grows keeps its place: the old one stays until the new one is there.
    this.still.replaceChildren(src ? h("img", { src, alt: "", draggable: "false", loading: "lazy", decoding: "async" }) : patternPicture(panel.way.patterns[0] ?? "multi-angle"), this.marks, this.progress);
  }

  #showMarks({ candidates, warned, panel }) {
    const marks = [];
    if (warned) marks.push(h("span", { class: "mark warned", title: warned }, "!"));
    if (candidates) marks.push(h("span", { class: "mark" }, panel.picture ? `${candidates} more` : `${candidates} to choose from`));
    this.marks.replaceChildren(...marks);
  }

  /** From 0 to 1; null when nothing is made for it. */
  #showProgress(part) {
    this.progress.hidden = part === null;
    if (part) this.progress.value = part;
    else this.progress.removeAttribute("value");
  }

  #name({ panel, number, rate, candidates }) {
    const words = [`Panel ${number}`, lengthOf(panel.frames, rate).replace(" s", " seconds")];
    if (!panel.picture) words.push("empty");
    if (candidates) words.push(`${candidates} candidate${candidates === 1 ? "" : "s"}`);
    const said = shown(panel.dialogue || panel.action, 140);
    this.setAttribute("aria-label", said ? `${words.join(", ")}: ${said}` : words.join(", "));
  }
}

customElements.define("c2n-panel", PanelElement);
