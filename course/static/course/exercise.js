// The exercise page: text, lab, checks. Everything that moves is in the modules beside this one.

import { startCards } from "exercise/cards";
import { Checks } from "exercise/checks";
import { Lab } from "exercise/lab";
import { find, page } from "exercise/page";
import { Panes } from "exercise/panes";
import { showLab, startSplit } from "exercise/split";

startSplit();
const lab = new Lab();
const panes = new Panes(lab);
const checks = new Checks();
startCards(checks);

let celebrated = page.passed;

lab.addEventListener("running", () => {
  panes.open(lab.lease);
  checks.open(lab.lease.id);
  if (matchMedia("(width < 52rem)").matches) showLab();
});
lab.addEventListener("leaving", () => {
  panes.close();
  checks.close();
});
checks.addEventListener("message", ({ detail }) => {
  if (detail.type === "lease") lab.heard(detail);
});
checks.addEventListener("verdict", ({ detail }) => celebrate(detail.passed));

function celebrate(passed) {
  const card = find("#passed");
  if (passed) card.hidden = false;
  if (!passed || celebrated) return;
  celebrated = true;
  card.classList.add("fresh");
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  find("#said").textContent = card.querySelector("h2").textContent;
}

celebrate(page.passed);
lab.open();
