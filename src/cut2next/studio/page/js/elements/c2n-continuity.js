// The strip under the board: every panel as long as it lasts, and where two do not go together.
// A warning, never in the way.

import { api, ApiError } from "../api.js";
import { h, later } from "../dom.js";
import { order } from "../operations.js";
import { follows, studio } from "../studio.js";

const QUIET = 1500;

class ContinuityElement extends HTMLElement {
  unjudged = [];

  connectedCallback() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Continuity");
    this.beats = h("div", { class: "beats" });
    this.words = h("p", { class: "words" });
    this.append(this.beats, this.words);
    this.beats.addEventListener("click", (event) => {
      const id = event.target.dataset.id;
      if (!id) return;
      studio.choose(id);
      document.querySelector("c2n-board").focusPanel();
    });
    const judge = later(() => this.#judge(), QUIET);
    studio.addEventListener("board", () => this.pictures !== this.#key() && judge());
    follows(["board", "chosen", "told"], () => this.#render());
  }

  /** What the judge looks at: it is asked only when that changed. */
  #key() {
    return studio.board.scenes.flatMap((scene) => scene.panels.map((panel) => `${panel.id}${panel.picture?.sha256}`)).join();
  }

  async #judge() {
    const pictures = this.#key();
    try {
      const told = await api.continuity();
      // What cannot be judged is no fault of the cut: it is said once, and quietly.
      this.unjudged = told.filter((each) => each.kind === "unknown");
      studio.warn(told.filter((each) => each.kind !== "unknown"));
      this.pictures = pictures;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // It comes with the next change: nobody waits for it.
    }
  }

  #summary() {
    const cuts = (count) => `${count} cut${count === 1 ? "" : "s"}`;
    const parts = [];
    if (studio.warnings.length) parts.push(`${cuts(new Set(studio.warnings.map((each) => each.panel)).size)} to look at`);
    if (this.unjudged.length) parts.push(`${cuts(this.unjudged.length)} not judged`);
    return parts.join(", ");
  }

  #render() {
    const { board } = studio;
    const ids = order(board);
    this.hidden = ids.length < 2;
    if (this.hidden) return;
    const warned = new Map();
    for (const warning of studio.warnings) warned.set(warning.panel, warning);
    const panels = board.scenes.flatMap((scene) => scene.panels);
    while (this.beats.childElementCount > panels.length) this.beats.lastChild.remove();
    for (const [at, panel] of panels.entries()) {
      const beat = this.beats.children[at] ?? this.beats.appendChild(h("button", { type: "button", tabindex: -1 }));
      draw(beat, panel, warned.get(panel.id));
    }
    const now = warned.get(studio.at);
    this.words.textContent = now ? now.words : this.#summary();
    this.words.title = now ? now.words : this.unjudged.map((each) => each.words).join("\n");
    this.words.classList.toggle("warned", Boolean(now));
  }
}

function draw(beat, panel, warning) {
  const number = studio.numbers[panel.id] ?? "";
  const key = `${panel.id} ${panel.frames} ${Boolean(panel.picture)} ${warning?.words ?? ""} ${studio.at === panel.id} ${number}`;
  if (beat.key === key) return;
  beat.key = key;
  beat.dataset.id = panel.id;
  beat.className = `beat${panel.picture ? "" : " empty"}${warning ? " warned" : ""}${studio.at === panel.id ? " at" : ""}`;
  beat.style.flexGrow = panel.frames;
  beat.title = warning?.words ?? `Panel ${number}`;
  beat.setAttribute("aria-label", warning ? `Panel ${number}: ${warning.words}` : `Panel ${number}`);
}

customElements.define("c2n-continuity", ContinuityElement);
