// What a narrow bar has no room for, behind one button.

import { h, icon, iconButton } from "../dom.js";

/** `entries()`, asked at each opening, are lists: icon, words, what they do, and attributes. */
export function more(entries) {
  const menu = h("div", { class: "menu", popover: "auto", role: "group", "aria-label": "More" });
  const entry = ([name, words, act, given = {}]) => {
    const acts = () => (menu.hidePopover(), act());
    return h("button", { type: "button", class: "bare", on: { click: acts }, ...given }, icon(name), h("span", {}, words));
  };
  menu.addEventListener("beforetoggle", ({ newState }) => newState === "open" && menu.replaceChildren(...entries().map(entry)));
  const opens = iconButton("more", "More", () => {}, { class: "bare icon more", props: { popoverTargetElement: menu } });
  return [opens, menu];
}
