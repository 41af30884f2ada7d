// Glossary terms open by press without this; here they also open under a resting mouse and at keyboard focus.

const REST = 250; // ms

for (const term of document.querySelectorAll("button.term")) {
  const gloss = document.getElementById(term.getAttribute("popovertarget"));
  if (!gloss?.showPopover) continue;
  let waiting;
  const later = (deed) => {
    clearTimeout(waiting);
    waiting = setTimeout(deed, REST);
  };
  const show = () => gloss.showPopover({ source: term });
  const leave = () => later(() => gloss.matches(":hover") || gloss.contains(document.activeElement) || gloss.hidePopover());
  for (const place of [term, gloss]) {
    place.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && later(show));
    place.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave());
  }
  term.addEventListener("focus", () => term.matches(":focus-visible") && show());
  term.addEventListener("blur", leave);
}
