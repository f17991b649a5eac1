// The animatic: every panel exactly as many frames as it has, by the clock and not by timers.

import { pictureUrl } from "../api.js";
import { h, iconButton } from "../dom.js";
import { order } from "../operations.js";
import { studio } from "../studio.js";
import { asNumber, timecode } from "../time.js";
import { openDialog } from "./dialog.js";

const SPEEDS = [1, 2, 4, 8];

export function openPlayer() {
  const player = new Player(studio.board);
  player.open(studio.at);
}

class Player {
  constructor(board) {
    this.board = board;
    this.rate = asNumber(board.rate);
    this.panels = board.scenes.flatMap((scene) => scene.panels);
    this.edges = [0];
    for (const panel of this.panels) this.edges.push(this.edges.at(-1) + panel.frames);
    this.frame = 0;
    this.speed = 0;
    this.images = this.panels.map(() => null);
  }

  get length() {
    return this.edges.at(-1);
  }

  open(from) {
    this.screen = h("div", { class: "screen" });
    this.said = h("p", { class: "subtitle" });
    this.parts = this.panels.map((panel) => Object.assign(h("i"), { panel }));
    for (const part of this.parts) part.style.flexGrow = part.panel.frames;
    this.needle = h("span", { class: "needle" });
    this.track = h("div", { class: "track", role: "slider", tabindex: 0, "aria-label": "Time", "aria-valuemin": 0, "aria-valuemax": this.length - 1 }, this.parts, this.needle);
    this.time = h("span", { class: "time" });
    this.start = iconButton("play", "Play", () => this.turn());
    const close = iconButton("close", "Close", () => this.dialog.close());
    const keys = h("span", { class: "soft small wide" }, "Space plays, J K L, ← → by frame, ↑ ↓ by panel");
    const controls = h("div", { class: "controls" }, this.track, h("div", { class: "row" }, this.start, this.time, h("span", { class: "grow" }), keys, close));
    this.dialog = openDialog("Animatic", { kind: "player", bare: true, body: [this.screen, controls], closed: () => this.#closed() });
    this.#listen();
    const at = this.panels.findIndex((panel) => panel.id === from);
    this.seek(this.edges[Math.max(0, at)]);
    this.play(1);
  }

  #listen() {
    const seek = (event) => {
      const box = this.track.getBoundingClientRect();
      this.seek(Math.floor(((event.clientX - box.left) / box.width) * this.length));
    };
    this.track.addEventListener("pointerdown", (event) => {
      this.track.setPointerCapture(event.pointerId);
      seek(event);
    });
    this.track.addEventListener("pointermove", (event) => event.buttons && seek(event));
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.track.focus();
  }

  #key(event) {
    const panel = this.panelAt(this.frame);
    const acts = {
      " ": () => this.turn(),
      k: () => this.play(0),
      l: () => this.faster(1),
      j: () => this.faster(-1),
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ArrowUp: () => this.seek(this.edges[Math.max(0, panel - 1)]),
      ArrowDown: () => this.seek(this.edges[Math.min(this.panels.length - 1, panel + 1)]),
      Home: () => this.seek(0),
      End: () => this.seek(this.length - 1),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || (event.key === " " && event.target.matches("button"))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  faster(way) {
    const at = this.speed * way > 0 ? SPEEDS.indexOf(Math.abs(this.speed)) + 1 : 0;
    this.play(way * SPEEDS[Math.min(at, SPEEDS.length - 1)]);
  }

  turn() {
    if (this.speed === 0 && this.frame >= this.length - 1) this.seek(0);
    this.play(this.speed === 0 ? 1 : 0);
  }

  /** From the frame that is shown: which one is due is the time since, times the rate. */
  play(speed) {
    this.speed = speed;
    this.since = performance.now();
    this.from = this.frame;
    this.start.title = speed ? "Pause" : "Play";
    this.start.setAttribute("aria-label", this.start.title);
    this.start.replaceChildren(iconButton(speed ? "pause" : "play", "", null).firstChild);
    cancelAnimationFrame(this.next);
    if (speed) this.next = requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now) {
    const due = this.from + Math.floor(((Math.max(0, now - this.since)) / 1000) * this.rate * this.speed);
    this.show(Math.min(this.length - 1, Math.max(0, due)));
    if (due >= this.length || due < 0) this.play(0);
    else this.next = requestAnimationFrame((later) => this.#tick(later));
  }

  seek(frame) {
    this.show(Math.min(this.length - 1, Math.max(0, frame)));
    this.play(this.speed);
  }

  step(by) {
    this.play(0);
    this.seek(this.frame + by);
  }

  panelAt(frame) {
    let at = this.shown ?? 0;
    while (this.edges[at + 1] <= frame) at += 1;
    while (this.edges[at] > frame) at -= 1;
    return at;
  }

  show(frame) {
    this.frame = frame;
    const at = this.panelAt(frame);
    if (at !== this.shown) this.#showPanel(at);
    this.needle.style.left = `${(frame / Math.max(1, this.length - 1)) * 100}%`;
    this.time.textContent = `${timecode(frame, this.board.rate)} / ${timecode(this.length, this.board.rate)}`;
    this.track.setAttribute("aria-valuenow", frame);
    this.track.setAttribute("aria-valuetext", `Panel ${studio.numbers[this.panels[at].id]}, ${timecode(frame, this.board.rate)}`);
  }

  #showPanel(at) {
    this.shown = at;
    const panel = this.panels[at];
    for (const near of [at, at + 1, at + 2, at + 3]) this.#load(near);
    const words = [panel.action, panel.dialogue].filter(Boolean).join("\n") || "An empty panel";
    this.screen.replaceChildren(this.images[at] ?? h("p", { class: "none" }, words), this.said);
    this.said.textContent = panel.picture ? panel.dialogue : "";
    this.screen.dataset.panel = panel.id;
    for (const [place, part] of this.parts.entries()) part.classList.toggle("past", place <= at);
  }

  #load(at) {
    const picture = this.panels[at]?.picture;
    if (picture && !this.images[at]) this.images[at] = h("img", { src: pictureUrl(picture, 1280), alt: `Panel ${studio.numbers[this.panels[at].id]}`, decoding: "sync" });
  }

  #closed() {
    cancelAnimationFrame(this.next);
    const id = this.panels[this.shown]?.id;
    if (order(studio.board).includes(id)) studio.choose(id);
  }
}
