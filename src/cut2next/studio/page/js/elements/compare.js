// Two pictures on one place under a slider: the shot before, the kept one, and every candidate.

import { pictureUrl } from "../api.js";
import { choice, field, h } from "../dom.js";
import { sourceOf } from "../operations.js";
import { studio } from "../studio.js";
import { labelOf } from "./c2n-table.js";
import { openDialog } from "./dialog.js";

/** What can be compared of a panel: words and pictures. */
function offers(panel) {
  const source = sourceOf(studio.board, panel.id);
  const found = [];
  if (source?.picture) found.push([`Shot ${studio.numbers[source.id]}, before the cut`, source.picture]);
  if (panel.picture) found.push([`Panel ${studio.numbers[panel.id]} as it is`, panel.picture]);
  for (const [at, each] of studio.candidates(panel.id).entries()) found.push([`${at + 1} ${labelOf(each.way.patterns)}`, each.picture]);
  return found;
}

export function openCompare(panel, candidate) {
  const found = offers(panel);
  const options = found.map(([words], at) => [String(at), words]);
  const chosen = candidate ? found.findLastIndex(([, picture]) => picture === candidate.picture) : found.length - 1;
  const left = choice(options, "0");
  const right = choice(options, String(chosen));
  const [under, over] = [h("img", { alt: "" }), h("img", { alt: "", class: "over" })];
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, step: 1, "aria-label": "How much of the left picture" });
  const view = h("div", { class: "compare" }, under, over, h("div", { class: "edge" }), slider);
  slider.addEventListener("input", () => view.style.setProperty("--at", `${slider.value}%`));
  const show = () => {
    for (const [image, select] of [[under, left], [over, right]]) image.src = pictureUrl(found[select.value][1], 1280);
  };
  for (const select of [left, right]) select.addEventListener("change", show);
  show();
  openDialog("Compare", { kind: "broad", body: [view, h("div", { class: "pair" }, field("Left", left), field("Right", right))] });
  slider.focus();
}
