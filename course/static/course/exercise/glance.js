// While the checks are out of sight, one line at the foot of the text says how they stand.

import { find, make } from "exercise/page";

export function startGlance(checks) {
  const line = find(".glance");
  const dots = line.querySelector(".dots");
  checks.addEventListener("verdict", ({ detail }) => draw(dots, detail));
  draw(dots, checks.verdict);
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? seen.add(target) : seen.delete(target);
    line.hidden = seen.size > 0;
  }, { root: find(".text") });
  for (const place of [find(".checklist"), find("#passed")]) watch.observe(place);
}

function draw(dots, verdict) {
  dots.replaceChildren(...verdict.steps.flatMap((step) => step.checks.map((check) => make("i", { className: step.passed ? "passed" : check.state }))));
}
