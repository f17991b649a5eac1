// Next shots that are being made, wait, or failed; and the whole board, tonight.

import * as actions from "../actions.js";
import { api, pictureUrl } from "../api.js";
import { button, field, fill, h } from "../dom.js";
import { order, sourceOf } from "../operations.js";
import { studio } from "../studio.js";
import { labelOf, makerChoice, showProgress } from "./c2n-table.js";
import { openDialog } from "./dialog.js";

const STATES = { running: "Being made", waiting: "Waits", failed: "Failed", done: "Done", cancelled: "Cancelled" };
const SHOWN = 60;

export function openJobs() {
  const list = h("ul", { class: "lines", "aria-label": "Next shots", tabindex: -1 });
  const rows = new Map();
  const about = h("span", { class: "grow" });
  const stop = button("Cancel all that wait", () => studio.trying(async () => (await api.cancelAll(), studio.loadJobs())));
  const draw = () => {
    const jobs = [...studio.jobs.values()].sort((a, b) => place(a) - place(b)).slice(0, SHOWN);
    const waiting = jobs.filter((job) => job.state === "waiting").length;
    stop.disabled = !waiting;
    about.textContent = jobs.length ? "" : "Nothing is being made.";
    const hadFocus = list.contains(document.activeElement);
    fill(list, jobs.map((job) => {
      if (!rows.has(job.id)) rows.set(job.id, row(job));
      rows.get(job.id).show(job);
      return rows.get(job.id);
    }));
    const { activeElement } = document;
    // The next may be cancelled where one ended.
    if (hadFocus && !(list.contains(activeElement) && activeElement.checkVisibility())) (list.querySelector("button:not([hidden])") ?? list).focus();
  };
  studio.addEventListener("jobs", draw);
  draw();
  openDialog("Next shots", { body: [tonight(), list], foot: [about, stop], closed: () => studio.removeEventListener("jobs", draw) });
}

const place = (job) => Object.keys(STATES).indexOf(job.state);

/** One job; `show` of the element says how it stands by now. */
function row({ id, panel, asked }) {
  const words = [labelOf(asked?.way?.patterns ?? []), asked?.maker].filter(Boolean).join(" · ");
  const title = h("h3");
  const error = h("p", { class: "state-failed" });
  const progress = h("progress");
  const said = h("span");
  const cancel = button("Cancel", () => studio.trying(() => api.cancel(id)));
  const show = (job) => {
    const number = studio.numbers[panel];
    const state = job.state === "running" && job.steps ? `Step ${job.step} of ${job.steps}` : job.state === "waiting" && job.priority ? "Tonight" : STATES[job.state];
    title.textContent = panel ? `For panel ${number ?? "that is gone"}` : "For a program";
    error.textContent = job.error ?? "";
    error.hidden = !job.error;
    progress.setAttribute("aria-label", state);
    showProgress(progress, job);
    said.className = `small ${job.state === "failed" ? "state-failed" : "soft"}`;
    said.textContent = state;
    cancel.setAttribute("aria-label", `Cancel the next shot for panel ${number ?? ""}`);
    cancel.hidden = !["waiting", "running"].includes(job.state);
  };
  const still = asked?.picture ? h("img", { class: "thumb", src: pictureUrl(asked.picture, 84), alt: "", loading: "lazy" }) : "";
  return h("li", { props: { show } }, still, h("div", { class: "about" }, title, h("p", {}, words), error, progress), said, cancel);
}

/** A whole board: a next shot for every empty panel that has something to be cut from. */
function tonight() {
  const count = h("input", { type: "number", min: 1, max: 16, value: 2 });
  const panels = order(studio.board).filter((id) => {
    const panel = studio.board.scenes.flatMap((scene) => scene.panels).find((each) => each.id === id);
    return !panel.picture && sourceOf(studio.board, id)?.picture;
  });
  const go = button(`Queue for ${panels.length} empty panel${panels.length === 1 ? "" : "s"}`, () => actions.ask({ panels, count: Number(count.value), priority: 1 }), { disabled: !panels.length });
  return h("div", { class: "row tonight" }, h("p", { class: "grow soft small" }, "Tonight: when nothing else waits, every empty panel behind a picture is given next shots to choose from."), h("div", { class: "row" }, field("For each", count), studio.makers.length > 1 ? makerChoice() : "", go));
}
