// What holds for the whole board: frame, rate, numbers.

import { button, choice, field, h } from "../dom.js";
import { several } from "../operations.js";
import { studio } from "../studio.js";
import { rateName, retimed } from "../time.js";
import { openDialog } from "./dialog.js";

const FRAMES = [[1280, 720], [1920, 1080], [1998, 1080], [2048, 858], [1440, 1080], [1080, 1080], [1080, 1920]];
const NUMBERS = { plain: "1, 2, 3", letters: "1, 1A, 1B, 2", tens: "10, 20, 30", scenes: "1-1, 1-2, 2-1" };

export function openSettings() {
  const { board, words } = studio;
  const rate = choice((words.rates.length ? words.rates : [board.rate]).map((each) => [each, `${rateName(each)} frames a second`]), board.rate);
  const names = (words.numberings.length ? words.numberings : Object.keys(NUMBERS)).map((each) => each.value ?? each);
  const numbering = choice(names.map((each) => [each, NUMBERS[each] ?? each]), board.numbering);
  const [width, height] = [board.width, board.height].map((value) => h("input", { type: "number", min: 16, max: 8192, step: 2, value, required: true }));
  const sizes = choice([["", "Other"], ...FRAMES.map(([wide, high]) => [`${wide} ${high}`, `${wide} × ${high}`])], FRAMES.some(([wide, high]) => wide === board.width && high === board.height) ? `${board.width} ${board.height}` : "");
  sizes.addEventListener("change", () => sizes.value && ([width.value, height.value] = sizes.value.split(" ")));
  const keep = async () => {
    if (!width.reportValidity() || !height.reportValidity()) return;
    const wanted = { width: Number(width.value), height: Number(height.value), numbering: numbering.value };
    const done = await studio.trying(() => studio.change((now) => changes(now, wanted, rate.value) ?? null));
    if (done !== undefined) dialog.close();
  };
  const dialog = openDialog("The board", {
    body: [field("Rate", rate), field("Frame", sizes), h("div", { class: "pair" }, field("Width, pixels", width), field("Height, pixels", height)), field("Numbers of panels", numbering), h("p", { class: "soft small" }, "At another rate every panel keeps its place in time, to the nearest frame.")],
    foot: [button("Leave it", () => dialog.close()), button("Set", keep, { class: "main" })],
  });
}

function changes(board, wanted, rate) {
  const operations = [];
  if (Object.entries(wanted).some(([name, value]) => board[name] !== value)) operations.push({ op: "EditBoard", title: board.title, ...wanted });
  if (rate !== board.rate) operations.push({ op: "SetRate", rate, frames: retimed(board.scenes.flatMap((scene) => scene.panels), board.rate, rate) });
  return operations.length ? several(operations) : null;
}
