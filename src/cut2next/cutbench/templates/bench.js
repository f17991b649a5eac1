// Shows the cases of one editing pattern, or all.
"use strict";
(() => {
  const buttons = document.querySelectorAll(".choose button");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      for (const strip of document.querySelectorAll("#cases .strip")) {
        const wanted = button.dataset.pattern;
        strip.hidden = wanted !== "" && !strip.dataset.patterns.split(" ").includes(wanted);
      }
    });
  }
})();
