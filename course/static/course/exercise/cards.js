// Predictions and questions: committed to once, and then the kernel answers beside them.

import { find, make, page, say, told, words } from "exercise/page";

export function startCards(checks) {
  for (const card of page.cards) place(card, drawCard(card, checks));
  for (const ask of page.asks) find("#cards").append(drawAsk(ask, checks));
  checks.addEventListener("message", ({ detail }) => detail.type === "card" && redraw(detail.card, checks));
}

// A prediction stands right above the step that it is about.
function place(card, drawn) {
  const step = find(`#task #${CSS.escape(card.before)}`);
  if (step) step.before(drawn);
  else find("#cards").append(drawn);
}

function redraw(card, checks) {
  find(`#card-${CSS.escape(card.id)}`)?.replaceWith(drawCard(card, checks));
}

function drawCard(card, checks) {
  const box = make("section", { className: "predict", id: `card-${card.id}` });
  const title = make("p", { className: "asked", id: `ask-${card.id}` }, ...told(card.ask));
  box.append(make("p", { className: "label" }, words["predict"]), title);
  if (card.choice) {
    box.append(answered(card));
    return box;
  }
  box.append(form(card, checks, (committed) => box.replaceWith(drawCard(committed, checks))));
  return box;
}

function form(card, checks, done) {
  const button = make("button", { className: "button small", disabled: true }, words["commit"]);
  const note = make("p", { className: "help" }, words["predict-help"]);
  const options = card.options.map((option) => {
    const input = make("input", { type: "radio", name: `card-${card.id}`, value: option.key, onchange: () => (button.disabled = false) });
    return make("label", { className: "option" }, input, make("span", {}, ...told(option.text)));
  });
  const group = make("div", { className: "options", role: "radiogroup", "aria-labelledby": `ask-${card.id}` }, ...options);
  const asked = make("form", {}, group, button, note);
  asked.addEventListener("submit", (event) => {
    event.preventDefault();
    const choice = new FormData(asked).get(`card-${card.id}`);
    if (!choice) return;
    if (checks.send({ type: "predict", card: card.id, choice })) done({ ...card, choice });
    else note.textContent = words["predict-needs-lab"];
  });
  return asked;
}

function answered(card) {
  const list = make("ul", { className: "options" });
  for (const option of card.options) {
    const mine = option.key === card.choice;
    const true_ = card.truth !== undefined && option.key === card.truth;
    const item = make("li", { className: `option${mine ? " mine" : ""}${true_ ? " true" : ""}` }, make("span", {}, ...told(option.text)));
    if (mine) item.append(make("span", { className: "tag" }, words["your-guess"]));
    if (true_) item.append(make("span", { className: "tag" }, words["the-kernel"]));
    list.append(item);
  }
  const below = make("p", { className: "help" }, ...told(card.because ?? words["find-out"]));
  return make("div", {}, list, below);
}

function drawAsk(ask, checks) {
  const id = `answer-${ask.id}`;
  const field = make("input", { id, autocomplete: "off", spellcheck: false, inputMode: ask.type === "int" ? "numeric" : "text", value: ask.value ?? "" });
  const said = make("span", { className: "help", role: "status" });
  const box = make("form", { className: "predict ask" },
    make("label", { htmlFor: id }, ...told(ask.ask)),
    make("div", { className: "answer" }, field, make("button", { className: "button small" }, words["answer"])), said);
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    const sent = checks.send({ type: "answer", id: ask.id, value: field.value.trim() });
    said.textContent = sent ? say("answer-sent") : words["predict-needs-lab"];
  });
  return box;
}
