// A frame of a film: the page scrubs, the server decodes.

import * as actions from "../actions.js";
import { api } from "../api.js";
import { button, choice, field, h, later } from "../dom.js";
import { studio } from "../studio.js";
import { asNumber, clock, withinSecond } from "../time.js";
import { openDialog } from "./dialog.js";
import { dropFilm } from "./drops.js";

const STILL = 90;
/** Milliseconds that the slider rests before a frame is asked for. */

export async function openFilms(chosen = null) {
  const films = await studio.trying(() => api.films());
  if (!films) return;
  if (!films.length) noFilms();
  else new Scrubber(films).open(chosen ?? films[0].id);
}

const another = (dialog) => async () => {
  const [file] = await actions.pickFiles({ accept: "video/*,.mkv,.mxf", multiple: false });
  if (!file) return;
  dialog().close();
  await dropFilm(file);
};

function noFilms() {
  const dialog = openDialog("Frame of a film", {
    body: [h("div", { class: "drop" }, h("p", {}, "No film is here yet. Choose one from this machine, drop one on the board, or begin the studio with --films FOLDER."), button("Choose a film", another(() => dialog), { class: "main" }))],
  });
}

class Scrubber {
  constructor(films) {
    this.films = new Map(films.map((film) => [film.id, film]));
  }

  open(id) {
    this.names = choice([...this.films.values()].map((film) => [film.id, `${film.name} (${clock(film.seconds)})`]), id);
    this.names.addEventListener("change", () => this.#turn());
    this.image = h("img", { alt: "The frame at this time", hidden: true });
    this.wait = h("span", {}, "Reading");
    this.slider = h("input", { type: "range", "aria-label": "Time in the film" });
    this.slider.addEventListener("input", () => this.#told());
    this.ask = later(() => this.#show(), STILL);
    this.time = h("span", { class: "grow" });
    this.image.addEventListener("load", () => ((this.image.hidden = false), (this.wait.hidden = true)));
    this.image.addEventListener("error", () => ((this.image.hidden = true), (this.wait.hidden = false), (this.wait.textContent = "This frame cannot be read. Try another time.")));
    const step = (by, words) => button(words, () => this.#step(by), { "aria-label": `${Math.abs(by)} frame ${by < 0 ? "back" : "on"}` });
    this.use = button("Use this frame", () => this.#take(), { class: "main" });
    this.dialog = openDialog("Frame of a film", {
      kind: "broad",
      body: [h("div", { class: "film" }, field("Film", this.names), h("div", { class: "look" }, this.image, this.wait), this.slider)],
      foot: [this.time, button("Another film", another(() => this.dialog)), step(-1, "−1 frame"), step(1, "+1 frame"), this.use],
    });
    this.#turn();
    this.slider.focus();
  }

  get film() {
    return this.films.get(this.names.value);
  }

  /** The slider counts frames, and time is a frame's, so that none is between two. */
  #turn() {
    this.rate = asNumber(this.film.rate);
    this.slider.max = Math.max(0, Math.floor(this.film.seconds * this.rate) - 1);
    this.slider.value = Math.floor(this.slider.max / 10);
    this.#told();
  }

  get at() {
    // A little inside the frame, so that no rounding takes the one before.
    return ((Number(this.slider.value) + 0.25) / this.rate).toFixed(6);
  }

  #told() {
    const [seconds, frames] = withinSecond(Number(this.slider.value), this.rate);
    this.time.textContent = `${clock(seconds)} and ${frames} frames of ${clock(this.film.seconds)}`;
    this.slider.setAttribute("aria-valuetext", this.time.textContent);
    this.ask();
  }

  #step(by) {
    this.slider.value = Number(this.slider.value) + by;
    this.#told();
  }

  #show() {
    this.image.src = api.frameUrl(this.film.id, this.at, 1280);
  }

  async #take() {
    this.use.disabled = true;
    const picture = await studio.trying(() => api.takeFrame(this.film.id, this.at));
    this.use.disabled = false;
    if (!picture) return;
    this.dialog.close();
    await actions.placePictures([picture], { onto: actions.ontoEmpty() });
  }
}
