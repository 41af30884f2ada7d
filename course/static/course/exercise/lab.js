// The learner's lab: started, extended, reset and ended by buttons; its time is counted down.

import { confirmed, find, page, say, words } from "exercise/page";

const OPEN = ["starting", "running"];
const POLL = 1000; // ms, while a lab is starting elsewhere
const PATIENCE = 4000; // ms until a start is called slow

export class Lab extends EventTarget {
  constructor() {
    super();
    this.lease = page.lease;
    this.skew = this.lease ? Date.parse(this.lease.server_time) - Date.now() : 0;
    find("#start").addEventListener("click", () => this.start());
    for (const button of document.querySelectorAll("[data-act=extend]")) {
      button.addEventListener("click", () => this.#act("extend"));
    }
    find("[data-act=reset]").addEventListener("click", () => this.#resetAsked());
    find("[data-act=end]").addEventListener("click", () => this.#endAsked());
    setInterval(() => this.#count(), 1000);
  }

  get running() {
    return this.lease?.state === "running";
  }

  open() {
    this.#show();
    if (this.lease?.state === "starting") this.#follow();
    else if (this.running) this.#announce("running");
  }

  async start() {
    this.#say("starting");
    const slow = setTimeout(() => this.#say("starting-slow"), PATIENCE);
    const answer = await post(page.urls.start);
    clearTimeout(slow);
    this.#started(answer);
  }

  // The checks socket and the terminals hear of the lease first.
  heard(lease) {
    const was = this.lease?.id;
    this.#keep(lease);
    this.#show();
    if (was !== lease.id && this.running) this.#announce("running");
  }

  // A terminal was told that the lab is over.
  async over(code) {
    if (!this.lease) return;
    const answer = await request(page.urls.lease.replace("LEASE", this.lease.id));
    if (answer.ok) this.#keep(answer.body);
    else this.lease = { ...this.lease, state: "ended", reason: words[`closed-${code}`] };
    this.#show();
  }

  #started({ ok, body }) {
    if (!ok) {
      this.#fail(body);
      return;
    }
    this.#keep(body);
    if (body.state === "starting") {
      this.#follow();
      return;
    }
    this.#show();
    if (this.running) this.#announce("running");
  }

  // Another tab, or an earlier press, has the lab started: wait for it.
  async #follow() {
    this.#say("starting");
    while (this.lease?.state === "starting") {
      await new Promise((resolve) => setTimeout(resolve, POLL));
      const answer = await request(page.urls.lease.replace("LEASE", this.lease.id));
      if (answer.ok) this.#keep(answer.body);
      else break;
    }
    this.#show();
    if (this.running) this.#announce("running");
  }

  async #resetAsked() {
    if (!(await confirmed(words["reset-title"], words["reset-text"], words["reset"]))) return;
    this.#announce("leaving");
    this.#say("starting");
    find(".bench").dataset.lab = "off";
    this.#started(await post(page.urls.reset.replace("LEASE", this.lease.id)));
  }

  async #endAsked() {
    if (!(await confirmed(words["end-title"], words["end-text"], words["end"]))) return;
    this.#announce("leaving");
    await this.#act("end");
  }

  async #act(name) {
    const { ok, body } = await post(page.urls[name].replace("LEASE", this.lease.id));
    if (ok) this.#keep(body);
    else this.#tell(body);
    this.#show();
  }

  #keep(lease) {
    this.lease = lease;
    this.skew = Date.parse(lease.server_time) - Date.now();
  }

  #show() {
    const bench = find(".bench");
    const open = OPEN.includes(this.lease?.state);
    bench.dataset.lab = this.running ? "on" : "off";
    if (!open) {
      const reason = this.lease?.reason ?? "";
      find("#start-text").textContent = reason || words["start-text"];
      this.#ready(this.lease ? words["start-again"] : words["start"]);
    }
    this.#count();
  }

  #ready(label) {
    const button = find("#start");
    button.disabled = false;
    button.textContent = label;
    find("#start-progress").hidden = true;
  }

  #say(key) {
    find("#start").disabled = true;
    find("#start-error").hidden = true;
    const progress = find("#start-progress");
    progress.hidden = false;
    progress.querySelector("span").textContent = words[key];
  }

  #fail(body) {
    this.lease = null;
    this.#show();
    this.#tell(body, find("#start-error"));
    find("#start").focus();
  }

  #tell(body, place = find("#lab-error")) {
    place.hidden = false;
    place.querySelector("strong").textContent = body.error || words["no-answer"];
    place.querySelector("span").textContent = body.next || words["no-answer-next"];
  }

  #count() {
    const clock = find("#clock");
    const warning = find("#warning");
    if (!this.running) {
      clock.textContent = "";
      warning.hidden = true;
      return;
    }
    const seconds = Math.max(0, Math.round((Date.parse(this.lease.ends_at) - Date.now() - this.skew) / 1000));
    const soon = seconds <= this.lease.warn_seconds;
    clock.textContent = soon ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : say("minutes-left", { minutes: Math.ceil(seconds / 60) });
    clock.classList.toggle("soon", soon);
    warning.hidden = !soon;
  }

  #announce(name) {
    this.dispatchEvent(new Event(name));
  }
}

function post(address) {
  return request(address, { method: "POST", headers: { "X-CSRFToken": find("meta[name=csrf-token]").content } });
}

// {ok, body}; whatever goes wrong, the body has `error` and `next` or leaves them to the page.
async function request(address, options = {}) {
  try {
    const answer = await fetch(address, { ...options, headers: { Accept: "application/json", ...options.headers } });
    const body = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
    return { ok: answer.ok && "state" in body, body };
  } catch {
    return { ok: false, body: {} };
  }
}
