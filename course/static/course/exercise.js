// The exercise page: text, lab, checks. Everything that moves is in the modules beside this one.

import { offerCopies } from "course/copying";
import { startCards } from "exercise/cards";
import { Checks } from "exercise/checks";
import { startGlance } from "exercise/glance";
import { startKeys } from "exercise/keys";
import { Lab } from "exercise/lab";
import { find, glide, page } from "exercise/page";
import { Panes } from "exercise/panes";
import { startShowing } from "exercise/showing";
import { Search } from "exercise/search";
import { showLab, startSplit } from "exercise/split";
import { Tools } from "exercise/tools";

startSplit();
offerCopies(document);
const lab = new Lab();
const tools = new Tools();
const panes = new Panes(lab, tools.look);
const checks = new Checks();
tools.start(panes, new Search(panes));
startKeys(panes);
startCards(checks);
startGlance(checks);
startShowing(panes, checks);

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
  card.scrollIntoView({ block: "nearest", behavior: glide });
  find("#said").textContent = card.querySelector("h2").textContent;
}

celebrate(page.passed);
lab.open();
