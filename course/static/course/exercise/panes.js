// The terminals of a lab, one tab each; the second is opened when it is wanted.

import { Pane } from "terminal/pane";
import { confirmed, find, make, page, say, toast, words } from "exercise/page";

const SAMPLE = 6; // lines of a paste that are shown before it goes in

export class Panes extends EventTarget {
  constructor(lab, look) {
    super();
    this.lab = lab;
    this.look = look;
    this.tabs = find("#tabs");
    this.places = find("#panes");
    this.panes = new Map();
    this.plus = find("#new-terminal");
    this.plus.addEventListener("click", () => this.#openNext());
    this.tabs.addEventListener("keydown", (event) => this.#walk(event));
  }

  get screen() {
    return this.panes.get(this.shown)?.pane.screen;
  }

  open(lease) {
    this.close();
    this.lease = lease;
    for (const name of lease.terminals.filter((one, index) => index === 0 || this.#remembered().includes(one))) this.#add(name);
    this.show(lease.terminals[0]);
  }

  close() {
    for (const { pane, tab, place } of this.panes.values()) {
      pane.dispose();
      tab.remove();
      place.remove();
    }
    this.panes.clear();
  }

  show(name, { focus = true } = {}) {
    this.shown = name;
    for (const [each, { tab, place, pane }] of this.panes) {
      const mine = each === name;
      tab.setAttribute("aria-selected", mine);
      tab.tabIndex = mine ? 0 : -1;
      place.hidden = !mine;
      if (mine) pane.screen.fit();
      if (mine && focus) pane.focus();
    }
    this.dispatchEvent(new Event("shown"));
  }

  wear(look) {
    this.look = look;
    for (const { pane } of this.panes.values()) pane.screen.look = look;
  }

  #openNext() {
    const next = this.lease.terminals.find((name) => !this.panes.has(name));
    if (!next) return;
    this.#add(next);
    sessionStorage.setItem(`terminals:${this.lease.id}`, [...this.panes.keys()].join(" "));
    this.show(next);
  }

  #remembered() {
    return (sessionStorage.getItem(`terminals:${this.lease.id}`) ?? "").split(" ");
  }

  #add(name) {
    const label = say("terminal-n", { n: this.lease.terminals.indexOf(name) + 1 });
    const place = make("div", { className: "pane", id: `pane-${name}`, role: "tabpanel", "aria-labelledby": `tab-${name}` });
    const tab = make("button", { type: "button", id: `tab-${name}`, role: "tab", "aria-controls": `pane-${name}`, onclick: () => this.show(name) }, label);
    this.places.append(place);
    this.tabs.append(tab);
    this.plus.hidden = this.panes.size + 1 >= this.lease.terminals.length;
    this.panes.set(name, { tab, place, pane: this.#pane(place, name, label) });
  }

  #pane(place, name, label) {
    const address = new URL(page.urls.terminal.replace("LEASE", this.lease.id).replace("NAME", name), location.href);
    address.protocol = address.protocol.replace("http", "ws");
    return new Pane(place, {
      address: address.href,
      label: say("terminal-label", { name: label }),
      words,
      look: this.look,
      asks: {
        confirmLink: (url) => confirmed(words["link-title"], url, words["link-open"]),
        confirmPaste,
        copied: (done) => toast(words[done === null ? "nothing-selected" : done ? "copied" : "not-copied"]),
        controlUsed: () => this.dispatchEvent(new Event("control-used")),
        find: () => this.dispatchEvent(new Event("search")),
        leave: () => this.panes.get(name).tab.focus(),
      },
      told: { over: (code) => this.lab.over(code), notice: () => undefined },
    });
  }

  #walk(event) {
    const names = [...this.panes.keys()];
    const at = names.indexOf(this.shown);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: names.length - 1 }[event.key];
    if (event.key === "F6") {
      event.preventDefault();
      this.panes.get(this.shown).pane.focus();
    }
    if (to === undefined || !names[to]) return;
    event.preventDefault();
    this.show(names[to], { focus: false });
    this.panes.get(names[to]).tab.focus();
  }
}

function confirmPaste(text, { lines, bracketed }) {
  const sample = text.split(/\r\n|\r|\n/).slice(0, SAMPLE).join("\n");
  const what = words[bracketed ? "paste-waits" : "paste-runs"];
  return confirmed(say("paste-title", { lines }), what, words["paste"], lines > SAMPLE ? `${sample}\n…` : sample);
}
