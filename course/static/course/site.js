// The site's frame: a form is sent once, and the switch between light and dark.

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.method === "dialog") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
}

// Coming back with the browser's Back button shows the page as it was left: forms may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

const KEY = "terrarium:scheme"; // templates/base.html reads it before the page is drawn
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const button = document.querySelector("[data-scheme-switch]");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
}

function label() {
  button.setAttribute("aria-label", isDark() ? button.dataset.toLight : button.dataset.toDark);
  button.title = button.getAttribute("aria-label");
}

// What the system says anyway is not remembered: it may change with the evening.
function flip() {
  const wanted = isDark() ? "light" : "dark";
  const usual = (wanted === "dark") === system.matches;
  if (usual) delete root.dataset.theme;
  else root.dataset.theme = wanted;
  try {
    if (usual) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, wanted);
  } catch {
    // A browser that forbids storage forgets the choice with the page.
  }
  label();
  dispatchEvent(new Event("schemechange"));
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", flip);
  system.addEventListener("change", label);
  label();
}

// Ctrl+K (or Command+K) leads to the search, from wherever nothing is typed and no lab is worked in. A
// single character would be in the way of whoever speaks to the browser (WCAG 2.1.4).
const search = document.querySelector("[data-search]");

addEventListener("keydown", (event) => {
  if (event.key !== "k" || event.ctrlKey === event.metaKey || event.altKey || event.shiftKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable], .exercising") || !search) return;
  event.preventDefault();
  const field = document.querySelector("main [type=search]");
  if (field) field.select();
  else location.assign(search.href);
});
