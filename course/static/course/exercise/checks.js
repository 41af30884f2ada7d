// The checklist: what the lab looks like from outside, told by the checks socket as it changes.

import { find, glide, make, page, say, told, words } from "exercise/page";

const FIRST_WAIT = 400; // ms
const LONGEST_WAIT = 8000;
const GONE = [4403, 4404, 4408, 4409, 4410];

export class Checks extends EventTarget {
  constructor() {
    super();
    this.list = find("#steps");
    this.drawn = new Map();
    this.untouched = new Map();
    this.failures = 0;
    document.addEventListener("visibilitychange", () => this.#sendVisible());
    for (const kind of ["keydown", "input", "paste"]) {
      find(".lab").addEventListener(kind, () => (this.typed = true), { capture: true });
    }
    this.draw({ passed: page.passed ?? false, steps: page.steps });
  }

  open(leaseId) {
    this.close();
    if (leaseId !== this.lease) {
      this.untouched.clear();
      this.typed = false;
    }
    this.lease = leaseId;
    const address = new URL(page.urls.checks.replace("LEASE", leaseId), location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.#sendVisible();
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (socket !== this.socket || GONE.includes(event.code)) return;
      this.failures += 1;
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1));
      this.retry = setTimeout(() => this.open(leaseId), wait * (0.5 + Math.random() / 2));
    };
  }

  close() {
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  draw(told) {
    const verdict = { ...told, steps: told.steps.map((step) => this.#calm(step)) };
    this.verdict = verdict;
    verdict.steps.forEach((step, index) => this.#step(step, index));
    const checks = verdict.steps.flatMap((step) => step.checks.map((check) => step.passed || check.state === "passed"));
    const done = checks.filter(Boolean).length;
    for (const place of document.querySelectorAll("[data-tally]")) {
      place.textContent = say("tally", { done, all: checks.length });
    }
    this.dispatchEvent(new CustomEvent("verdict", { detail: verdict }));
  }

  // What a fresh lab does not show was not done wrong: until something moves, it is only not done yet.
  // A lab that is still starting moves by itself, before anybody types.
  #calm(step) {
    if (step.diagnosis?.hints.length) return step;
    const checks = step.checks.map((check) => {
      if (check.state !== "failing") return check;
      if (!this.typed || !this.untouched.has(check.id)) this.untouched.set(check.id, check.found);
      return this.untouched.get(check.id) === check.found ? { ...check, state: "pending" } : check;
    });
    return { ...step, checks };
  }

  #sendVisible() {
    this.send({ type: "visible", value: !document.hidden });
  }

  #take(message) {
    if (message.type === "verdict") this.draw(message);
    else this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  #step(step, index) {
    // Only what changed is drawn anew: a reader's place, and a screen reader's peace, are kept.
    const text = JSON.stringify(step);
    const known = this.drawn.get(step.id);
    if (known?.text === text) return;
    const opened = new Set(Array.from(known?.element.querySelectorAll("details[open]") ?? [], (one) => one.dataset.check));
    const element = stepItem(step, index, opened, (message) => this.send(message));
    const focused = known?.element.contains(document.activeElement) ? document.activeElement : null;
    if (known) known.element.replaceWith(element);
    else this.list.append(element);
    if (focused) keepFocus(element, focused.closest("[data-check]")?.dataset.check);
    this.drawn.set(step.id, { text, element });
    if (known) this.#announce(step, JSON.parse(known.text));
  }

  #announce(step, before) {
    const news = step.checks.filter((check, index) => check.state === "passed" && before.checks[index]?.state !== "passed");
    const said = news.map((check) => say("said-passed", { say: check.say }));
    const hints = step.diagnosis?.hints ?? [];
    const hinted = hints.length > (before.diagnosis?.hints.length ?? 0);
    if (hinted) said.push(say("said-hint", { hint: hints.at(-1) }));
    if (said.length) find("#said").textContent = said.join(" ");
    // A single check is no news: some hold in an untouched lab, and the task is being read.
    if (!hinted && step.passed === before.passed) return;
    // Who types in the terminal does not scroll the text: the news comes into sight by itself.
    const { element } = this.drawn.get(step.id);
    const place = element.querySelector(".diagnosis") ?? element;
    if (find(".lab").contains(document.activeElement)) place.scrollIntoView({ block: "nearest", behavior: glide });
  }
}

// Who was at a check stays there; who asked for a hint goes on at the hint that came.
function keepFocus(element, check) {
  const same = check && element.querySelector(`[data-check="${CSS.escape(check)}"] > summary`);
  const place = same ?? element.querySelector(".more:enabled") ?? element.querySelector(".diagnosis li:last-child") ?? element.querySelector("h3");
  if (!place.matches("button, summary")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

function stepItem(step, index, opened, send) {
  const state = step.passed ? "passed" : step.locked ? "locked" : "pending";
  const item = make("li", { className: `step ${state}` });
  const number = make("span", { className: "number", ariaHidden: "true" }, step.passed ? "✓" : String(index + 1));
  item.append(make("div", { className: "step-head" }, number, make("h3", {}, ...told(step.title))));
  if (step.locked) item.append(make("p", { className: "locked-text" }, words["locked"]));
  item.append(make("ul", { className: "checks" }, ...step.checks.map((check) => checkItem(check, opened))));
  if (step.diagnosis?.hints.length && !step.passed) item.append(diagnosisBox(step.diagnosis, send));
  return item;
}

function checkItem(check, opened) {
  const mark = make("span", { className: "mark-of", ariaHidden: "true" });
  const state = make("span", { className: "visually-hidden" }, `${words[`state-${check.state}`]}: `);
  const line = make("span", { className: "say" }, state, ...told(check.say));
  const item = make("li", { className: `check ${check.state}` });
  const facts = [["expected", check.expected], ["found", check.found], ["why", check.why]].filter(([, text]) => text);
  if (check.state === "passed" || facts.length === 0) {
    item.append(mark, line);
    return item;
  }
  const rows = facts.flatMap(([name, text]) => [make("dt", {}, words[name]), make("dd", { className: name }, ...told(text))]);
  const details = make("details", { open: check.state !== "pending" || opened.has(check.id) }, make("summary", {}, line), make("dl", {}, ...rows));
  details.dataset.check = check.id;
  item.append(mark, details);
  return item;
}

function diagnosisBox(diagnosis, send) {
  const hints = diagnosis.hints.map((hint) => make("li", {}, ...told(hint)));
  const box = make("div", { className: "diagnosis" }, make("p", { className: "label" }, words["hint"]), make("ol", {}, ...hints));
  const total = diagnosis.total ?? diagnosis.hints.length;
  if (diagnosis.hints.length >= total) return box;
  const button = make("button", { type: "button", className: "quiet more", onclick: () => send({ type: "hint", diagnosis: diagnosis.id }) });
  const wait = Math.ceil(diagnosis.wait ?? 0);
  button.textContent = wait > 0 ? say("hint-wait", { seconds: wait }) : say("hint-next", { n: diagnosis.hints.length + 1, all: total });
  button.disabled = wait > 0;
  box.append(button);
  return box;
}
