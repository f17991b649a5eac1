// Shows what lies under the pointer in a timeline: its words, and its keyframes where there are some.
"use strict";
(() => {
  const look = document.getElementById("look");
  if (!look) return;
  // The browser's own label would lie over ours.
  for (const title of document.querySelectorAll(".timeline title")) title.remove();

  function show(part, event) {
    const pictures = (part.dataset.pictures || "").split(" ").filter(Boolean).map(source => {
      const image = document.createElement("img");
      image.src = source;
      image.alt = "";
      return image;
    });
    look.querySelector("div").replaceChildren(...pictures);
    look.querySelector("p").textContent = part.dataset.told;
    look.hidden = false;
    move(event);
  }

  function move(event) {
    const {offsetWidth: wide, offsetHeight: tall} = look;
    const below = event.clientY + 18 + tall < innerHeight;
    look.style.left = Math.max(8, Math.min(event.clientX + 14, innerWidth - wide - 8)) + "px";
    look.style.top = Math.max(8, below ? event.clientY + 18 : event.clientY - tall - 14) + "px";
  }

  for (const drawing of document.querySelectorAll(".timeline svg")) {
    drawing.addEventListener("pointerover", event => {
      const part = event.target.closest("[data-told]");
      if (part) show(part, event);
    });
    drawing.addEventListener("pointermove", move);
    drawing.addEventListener("pointerleave", () => { look.hidden = true; });
  }
})();
