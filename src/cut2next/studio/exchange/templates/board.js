"use strict";
// A picture large, the next and the one before by arrow keys; Escape, which dialogs know, goes back.
const dialog = document.querySelector("dialog");
const large = dialog.querySelector("img");
const small = [...document.querySelectorAll(".panel button img")];
let shown = 0;

function show(place) {
  shown = Math.min(Math.max(place, 0), small.length - 1);
  large.src = small[shown].src;
  large.alt = small[shown].alt;
}

small.forEach((image, place) => {
  image.parentElement.addEventListener("click", () => {
    show(place);
    dialog.showModal();
  });
});
dialog.addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => small[shown].parentElement.focus());
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) {
    event.preventDefault();
    show(shown + step);
  }
});
