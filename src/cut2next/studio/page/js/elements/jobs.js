// Next shots that are being made, wait, or failed; and the whole board, tonight.

import * as actions from "../actions.js";
import { api, pictureUrl } from "../api.js";
import { button, field, h } from "../dom.js";
import { order, sourceOf } from "../operations.js";
import { studio } from "../studio.js";
import { labelOf, makerChoice } from "./c2n-table.js";
import { openDialog } from "./dialog.js";

const STATES = { running: "Being made", waiting: "Waits", failed: "Failed", done: "Done", cancelled: "Cancelled" };
const SHOWN = 60;

export function openJobs() {
  const list = h("ul", { class: "lines", "aria-label": "Next shots" });
  const about = h("span", { class: "grow" });
  const stop = button("Cancel all that wait", () => studio.trying(async () => (await api.cancelAll(), studio.loadJobs())));
  const draw = () => {
    const jobs = [...studio.jobs.values()].sort((a, b) => place(a) - place(b)).slice(0, SHOWN);
    const waiting = jobs.filter((job) => job.state === "waiting").length;
    stop.disabled = !waiting;
    about.textContent = jobs.length ? "" : "Nothing is being made.";
    list.replaceChildren(...jobs.map(row));
  };
  studio.addEventListener("jobs", draw);
  draw();
  openDialog("Next shots", { body: [tonight(), list], foot: [about, stop], closed: () => studio.removeEventListener("jobs", draw) });
}

const place = (job) => Object.keys(STATES).indexOf(job.state);

function row(job) {
  const words = [labelOf(job.asked?.way?.patterns ?? []), job.asked?.maker].filter(Boolean).join(" · ");
  const number = studio.numbers[job.panel];
  const state = job.state === "running" && job.steps ? `Step ${job.step} of ${job.steps}` : job.state === "waiting" && job.priority ? "Tonight" : STATES[job.state];
  const progress = h("progress", { max: job.steps || 1, "aria-label": state });
  if (job.steps) progress.value = job.step;
  const picture = job.asked?.picture;
  return h(
    "li",
    {},
    picture ? h("img", { class: "thumb", src: pictureUrl(picture, 84), alt: "", loading: "lazy" }) : "",
    h("div", { class: "about" }, h("h3", {}, job.panel ? `For panel ${number ?? "that is gone"}` : "For a program"), h("p", {}, words), job.error ? h("p", { class: "state-failed" }, job.error) : "", job.state === "running" ? progress : ""),
    h("span", { class: `small ${job.state === "failed" ? "state-failed" : "soft"}` }, state),
    ["waiting", "running"].includes(job.state) ? button("Cancel", () => studio.trying(() => api.cancel(job.id)), { "aria-label": `Cancel the next shot for panel ${number ?? ""}` }) : "",
  );
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
