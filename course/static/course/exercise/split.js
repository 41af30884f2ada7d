// The divider between text and lab: dragged, or moved with the arrow keys; remembered per browser.

import { find, memory } from "exercise/page";

const LEAST = 25;
const MOST = 70;
const USUAL = 42;
const STEP = 3;

export function startSplit() {
  const bench = find(".bench");
  const divider = find(".divider");
  let share = clamp(Number(memory.get("split")) || USUAL);

  function place(percent, remember = true) {
    share = clamp(percent);
    bench.style.setProperty("--share", `${share}%`);
    divider.setAttribute("aria-valuenow", Math.round(share));
    if (remember) memory.set("split", share.toFixed(1));
  }

  divider.setAttribute("aria-valuemin", LEAST);
  divider.setAttribute("aria-valuemax", MOST);
  place(share, false);

  divider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
    bench.classList.add("dragging");
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = bench.getBoundingClientRect();
    place(((event.clientX - box.left) / box.width) * 100);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    divider.addEventListener(name, () => bench.classList.remove("dragging"));
  }
  divider.addEventListener("dblclick", () => place(USUAL));
  divider.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: share - STEP, ArrowRight: share + STEP, Home: LEAST, End: MOST, Enter: USUAL }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    place(to);
  });
  startViews(bench);
}

// On a narrow screen one side is seen at a time.
function startViews(bench) {
  for (const button of document.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => show(button.dataset.show));
  }
  function show(name) {
    bench.dataset.view = name;
    for (const button of document.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", button.dataset.show === name);
    }
  }
  show("text");
}

export function showLab() {
  find("[data-show=lab]").click();
}

function clamp(percent) {
  return Math.min(MOST, Math.max(LEAST, percent));
}
