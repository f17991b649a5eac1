// The cutting table: the ways to cut from the chosen panel, and the candidates that came of them.

import * as actions from "../actions.js";
import { api, pictureUrl } from "../api.js";
import { button, choice, fill, h, iconButton } from "../dom.js";
import { sourceOf } from "../operations.js";
import { patternPicture } from "../patterns.js";
import { follows, studio } from "../studio.js";
import { openCompare } from "./compare.js";

class TableElement extends HTMLElement {
  #tiles = "";
  #choices = new Map();

  connectedCallback() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Cutting table");
    this.title_ = h("h2");
    this.makers = h("span");
    this.five = button(["Five ways", h("kbd", {}, "C")], () => actions.fiveWays(), { class: "main five" });
    this.tiles = h("div", { class: "tiles" });
    this.ways = h("section", { class: "ways" }, h("div", { class: "head" }, this.title_, this.makers, this.five), this.tiles);
    this.offered = h("h2");
    this.tools = h("div", { class: "row" });
    this.choices = h("div", { class: "choices", role: "radiogroup", "aria-label": "Candidates" });
    this.candidates = h("section", { class: "candidates" }, h("div", { class: "head" }, this.offered, this.tools), this.choices);
    this.append(this.candidates, this.ways);
    follows(["board", "jobs", "chosen", "told"], () => this.#render());
  }

  /** The candidate at a place is chosen. */
  pick(at) {
    const candidate = studio.candidates(studio.at)[at];
    if (candidate) studio.chooseCandidate(candidate.id);
  }

  compare() {
    const panel = studio.panel;
    const candidate = studio.candidates(studio.at).find((each) => each.id === studio.candidate);
    if (panel && (candidate || panel.picture)) openCompare(panel, candidate ?? null);
  }

  #render() {
    const panel = studio.chosen.size === 1 ? studio.panel : null;
    this.hidden = !panel;
    if (!panel) return;
    const candidates = studio.candidates(panel.id);
    const pending = studio.pending(panel.id);
    const has = candidates.length + pending.length > 0;
    this.classList.toggle("has-candidates", has);
    this.candidates.hidden = !has;
    this.#renderWays(panel);
    if (has) this.#renderCandidates(panel, candidates, pending);
  }

  #renderWays(panel) {
    const source = sourceOf(studio.board, panel.id);
    const number = (id) => studio.numbers[id] ?? "";
    this.title_.textContent = panel.picture ? `Cut from ${number(panel.id)}` : source ? `Cut from ${number(source.id)} to ${number(panel.id)}` : "Ways to cut";
    const isReady = Boolean(panel.picture || source?.picture);
    this.five.disabled = !isReady;
    const key = JSON.stringify([studio.words.patterns.map((pattern) => pattern.value), isReady, studio.makers, studio.maker]);
    if (this.#tiles === key) return;
    this.#tiles = key;
    this.tiles.replaceChildren(...studio.words.patterns.map((pattern) => tile(pattern, isReady)));
    this.makers.replaceChildren(studio.makers.length > 1 ? makerChoice() : "");
  }

  #renderCandidates(panel, candidates, pending) {
    this.offered.textContent = candidates.length ? `Candidates for ${studio.numbers[panel.id] ?? ""}` : `On the way to ${studio.numbers[panel.id] ?? ""}`;
    const chosen = candidates.find((each) => each.id === studio.candidate);
    const isKept = chosen && chosen.picture.sha256 === panel.picture?.sha256;
    const key = `${chosen?.id} ${isKept} ${panel.id} ${Boolean(panel.picture)}`;
    if (this.toolsFor !== key) {
      this.toolsFor = key;
      this.tools.replaceChildren(...this.#toolsOf(chosen, isKept, panel));
    }
    const seen = new Map();
    for (const [at, candidate] of candidates.entries()) seen.set(candidate.id, this.#choice(candidate, at, panel));
    for (const job of pending) seen.set(job.id, this.#coming(job));
    this.#choices = seen;
    fill(this.choices, [...seen.values()]);
  }

  #toolsOf(chosen, isKept, panel) {
    const more = button("More", () => actions.variations(panel.id, 3), { title: "Three more, by the way that this panel has", disabled: !sourceOf(studio.board, panel.id)?.picture });
    if (!chosen) return [h("span", { class: "soft small" }, "Press a number, or choose one"), more];
    return [
      button(isKept ? "Kept" : ["Keep", h("kbd", {}, "K")], () => actions.keep(), { class: "main", disabled: isKept }),
      button(["Branch", h("kbd", {}, "B")], () => actions.branch()),
      button(["Compare", h("kbd", {}, "V")], () => this.compare()),
      more,
      iconButton("close", "Drop this candidate", () => actions.drop()),
    ];
  }

  #choice(candidate, at, panel) {
    let element = this.#choices.get(candidate.id);
    const isChosen = studio.candidate === candidate.id;
    const isKept = candidate.picture.sha256 === panel.picture?.sha256;
    const key = `${at} ${isChosen} ${isKept}`;
    if (!element) {
      const image = h("img", { src: pictureUrl(candidate.picture, 240), alt: "", loading: "lazy" });
      const choose = () => studio.chooseCandidate(candidate.id);
      element = h("button", { type: "button", class: "choice", role: "radio", on: { click: choose, dblclick: () => actions.keep() } }, h("span", { class: "still" }, image), h("span", { class: "line" }));
    }
    if (element.key !== key) {
      element.key = key;
      element.setAttribute("aria-checked", isChosen);
      const label = labelOf(candidate.way.patterns) || candidate.maker;
      const seed = candidate.way.seed === null ? "" : `seed ${candidate.way.seed}`;
      element.title = [label, seed, `made by ${candidate.maker}`].filter(Boolean).join(", ");
      element.setAttribute("aria-label", `${at + 1}, ${label}${isKept ? ", kept" : ""}`);
      element.lastElementChild.replaceChildren(h("span", {}, String(at + 1)), h("b", {}, label), h("span", { class: "kept" }, isKept ? "kept" : ""));
    }
    return element;
  }

  /** A job that is not done, or failed: how far it is, or why not; and a way on. */
  #coming(job) {
    let element = this.#choices.get(job.id);
    if (!element) {
      const still = h("span", { class: "still" }, h("span"), button("Cancel", () => studio.trying(() => api.cancel(job.id))), h("progress"));
      element = h("div", { class: "choice coming" }, still, h("span", { class: "line" }, h("b", {}, labelOf(job.asked?.way?.patterns ?? []) || job.asked?.maker || "")));
    }
    const key = `${job.state} ${job.step}`;
    if (element.key === key) return element;
    element.key = key;
    element.classList.toggle("failed", job.state === "failed");
    const [still] = element.children;
    if (job.state === "failed") {
      const hadFocus = still.contains(document.activeElement);
      const ways = h("span", { class: "row" }, button("Ask again", () => again(job)), button("Dismiss", () => dismiss(job)));
      still.replaceChildren(h("span", {}, job.error || "It failed."), ways);
      if (hadFocus) ways.firstElementChild.focus();
    } else {
      const [said, , progress] = still.children;
      said.textContent = job.state === "waiting" ? (job.priority ? "Tonight" : "Waits its turn") : job.steps ? `Step ${job.step} of ${job.steps}` : "Begins";
      progress.setAttribute("aria-label", said.textContent);
      showProgress(progress, job);
    }
    return element;
  }
}

/** How far a job is that runs; there is none of another. */
export function showProgress(progress, { state, step, steps }) {
  progress.hidden = state !== "running";
  progress.max = steps || 1;
  if (steps) progress.value = step;
  else progress.removeAttribute("value");
}

async function again(job) {
  const done = await actions.ask({ panels: [job.panel], maker: job.asked.maker, patterns: [job.asked.way.patterns], count: 1 });
  if (done) await dismiss(job);
}

const dismiss = (job) => studio.trying(() => api.cancel(job.id));

export function labelOf(patterns) {
  const labels = new Map(studio.words.patterns.map((pattern) => [pattern.value, pattern.label]));
  return patterns.map((value) => labels.get(value) ?? value).join(", ");
}

function tile(pattern, isReady) {
  return h(
    "button",
    { type: "button", class: "tile", title: pattern.definition, disabled: !isReady, on: { click: () => actions.cut([[pattern.value]]) } },
    patternPicture(pattern.value),
    h("b", {}, pattern.label),
    h("span", { class: "says" }, pattern.definition),
  );
}

export function makerChoice() {
  const options = studio.makers.map((maker) => [maker.name, maker.ready ? maker.name : `${maker.name} (not ready)`]);
  const select = choice(options, studio.maker, { "aria-label": "Made by", title: "Who makes next shots" });
  select.addEventListener("change", () => studio.useMaker(select.value));
  return select;
}

customElements.define("c2n-table", TableElement);
