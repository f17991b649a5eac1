// The bar above: what the board is called and how long it is, and the way to every window.

import { button, h, icon, iconButton, later } from "../dom.js";
import { order } from "../operations.js";
import { follows, studio } from "../studio.js";
import { clock, rateName, seconds } from "../time.js";
import { openCast } from "./cast.js";
import { openExchange } from "./exchange.js";
import { openFilms } from "./film.js";
import { openJobs } from "./jobs.js";
import { openKeys } from "./keymap.js";
import { more } from "./more.js";
import { openPlayer } from "./player.js";
import { openSettings } from "./settings.js";

class BarElement extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "banner");
    this.title_ = h("input", { class: "title", "aria-label": "Title of the board", placeholder: "Untitled", maxlength: 200, spellcheck: "false" });
    this.title_.addEventListener("change", () => this.#retitle());
    this.title_.addEventListener("keydown", (event) => event.key === "Enter" && this.title_.blur());
    this.facts = button("", () => openSettings(), { class: "bare facts", title: "Frame, rate and numbers" });
    this.away = h("span", { class: "away", role: "status" });
    this.search = h("input", { class: "search", type: "search", placeholder: "Find", "aria-label": "Find panels" });
    this.search.addEventListener("input", later(() => studio.look(this.search.value), 120));
    this.search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.search.addEventListener("blur", () => this.classList.toggle("finding", this.search.value !== ""));
    this.undo = iconButton("back", "Undo", () => studio.trying(() => studio.undo()));
    this.redo = iconButton("forth", "Do it again", () => studio.trying(() => studio.redo()), { class: "bare icon wide" });
    this.count = h("span", { class: "count", hidden: true });
    this.queue = iconButton("queue", "Next shots being made", () => openJobs());
    this.queue.append(this.count);
    const wide = { class: "bare icon wide" };
    const rooms = [...this.children];
    this.append(
      this.title_, this.facts, this.away, h("span", { class: "grow" }), ...rooms, this.search, this.undo, this.redo, h("span", { class: "rule wide" }),
      button([icon("play"), h("span", { class: "word" }, "Play")], () => this.play(), { class: "bare wide", "aria-label": "Play" }),
      iconButton("film", "Frame of a film", () => openFilms(), wide),
      iconButton("people", "Cast and places", () => openCast(), wide),
      this.queue,
      iconButton("share", "In and out", () => openExchange("export")),
      h("span", { class: "rule wide" }),
      iconButton("keys", "Keys", () => this.keys(), wide),
      iconButton("theme", "Dark or light", () => this.theme(), wide),
      ...more(() => this.#more()),
    );
    follows(["board", "jobs", "link"], () => this.#render());
  }

  #render() {
    const { board } = studio;
    if (document.activeElement !== this.title_) this.title_.value = board.title;
    document.title = board.title ? `${board.title} – Studio` : "Studio";
    const panels = order(board).length;
    const frames = board.scenes.flatMap((scene) => scene.panels).reduce((sum, panel) => sum + panel.frames, 0);
    this.facts.textContent = `${panels} panel${panels === 1 ? "" : "s"} · ${clock(seconds(frames, board.rate))} · ${rateName(board.rate)} fps`;
    this.undo.disabled = !studio.canUndo;
    this.redo.disabled = !studio.canRedo;
    const making = [...studio.jobs.values()].filter((job) => job.state === "waiting" || job.state === "running").length;
    this.count.hidden = !making;
    this.count.textContent = making;
    this.queue.setAttribute("aria-label", making ? `Next shots being made: ${making}` : "Next shots being made");
    this.queue.classList.toggle("icon", !making);
    this.away.textContent = studio.linked ? "" : "Not connected: trying again";
  }

  /** What is not in a narrow bar; of `slim` that is said on phones alone. */
  #more() {
    const slim = { class: "bare slim" };
    return [
      ["settings", ["The board", h("span", { class: "soft small" }, this.facts.textContent)], () => openSettings()],
      ["find", "Find", () => this.find()],
      ["forth", "Do it again", () => this.redo.click(), { ...slim, disabled: this.redo.disabled }],
      ["film", "Frame of a film", () => openFilms(), slim],
      ["people", "Cast and places", () => openCast(), slim],
      ["theme", "Dark or light", () => this.theme(), slim],
      ["keys", "Keys", () => this.keys(), slim],
    ];
  }

  async #retitle() {
    const title = this.title_.value.trim();
    await studio.trying(() => studio.change(({ width, height, numbering, title: was }) => (title === was ? null : { op: "EditBoard", title, width, height, numbering })));
  }

  #searchKey(event) {
    if (event.key === "Escape") {
      this.search.value = "";
      studio.look("");
      document.querySelector("c2n-board").focusPanel();
    } else if (event.key === "Enter") {
      const found = [...document.querySelectorAll("c2n-panel:not(.lost)")].map((each) => each.dataset.id);
      const next = found[(found.indexOf(studio.at) + 1) % found.length];
      if (next) {
        studio.choose(next);
        document.querySelector(`c2n-panel[data-id="${next}"]`).scrollIntoView({ block: "nearest" });
      }
    } else return;
    event.stopPropagation();
  }

  play() {
    if (order(studio.board).length) openPlayer();
  }

  find() {
    this.classList.add("finding");  // a narrow bar has no room for it before
    this.search.focus();
    this.search.select();
  }

  theme() {
    const root = document.documentElement;
    const isLight = getComputedStyle(root).colorScheme === "light";
    root.dataset.theme = isLight ? "dark" : "light";
    try {
      localStorage.setItem("cut2next-theme", root.dataset.theme);
    } catch {
      // Kept as long as the page is open.
    }
  }

  keys() {
    openKeys();
  }

  /** Whatever is open closes; else several are one again. */
  back() {
    this.querySelector(".menu").hidePopover();
    document.querySelector("c2n-actions").close();
    if (studio.chosen.size > 1) studio.choose(studio.at);
    document.querySelector("c2n-board").focusPanel();
  }
}

customElements.define("c2n-bar", BarElement);
