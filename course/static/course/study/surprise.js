// What surprised you, kept without leaving the page: a lab may be open beside it.

for (const form of document.querySelectorAll("[data-surprise]")) {
  const status = form.querySelector("[role=status]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    status.textContent = "";
    const kept = await send(form);
    status.textContent = kept ? status.dataset.kept : status.dataset.lost;
    delete form.dataset.sending;
    delete form.dataset.sent; // site.js: it may be sent again
  });
}

// The answer is a redirect to this page, for browsers without scripts; here it means: kept.
async function send(form) {
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
    return answer.type === "opaqueredirect";
  } catch {
    return false; // no network
  }
}
