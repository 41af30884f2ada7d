// The terminals of a lab, one tab each; the second is opened when it is wanted.

import { Pane } from "terminal/pane";
import { confirmed, find, make, memory, page, say, words } from "exercise/page";

export class Panes {
  constructor(lab) {
    this.lab = lab;
    this.tabs = find("#tabs");
    this.places = find("#panes");
    this.panes = new Map();
    this.plus = find("#new-terminal");
    this.plus.addEventListener("click", () => this.#openNext());
    this.tabs.addEventListener("keydown", (event) => this.#walk(event));
    const reading = find("#screen-reader");
    reading.checked = memory.get("screen-reader") === "yes";
    reading.addEventListener("change", () => this.#read(reading.checked));
    find("#save-transcript").addEventListener("click", () => this.#save());
    this.#startSearch();
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
      screenReader: find("#screen-reader").checked,
      confirmLink: (url) => confirmed(words["link-title"], url, words["link-open"]),
      leave: () => this.panes.get(name).tab.focus(),
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

  #read(wanted) {
    memory.set("screen-reader", wanted ? "yes" : "no");
    for (const { pane } of this.panes.values()) pane.screenReader = wanted;
  }

  #save() {
    const shown = this.panes.get(this.shown);
    if (!shown) return;
    const file = new Blob([shown.pane.screen.transcript()], { type: "text/plain" });
    const link = make("a", { href: URL.createObjectURL(file), download: `${this.lease.exercise}-${this.shown}.txt` });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  #startSearch() {
    const bar = find("#search");
    const field = bar.querySelector("input");
    const look = (back) => {
      const search = this.panes.get(this.shown)?.pane.screen.search;
      if (back) search?.findPrevious(field.value);
      else search?.findNext(field.value);
    };
    const leave = () => {
      bar.hidden = true;
      this.panes.get(this.shown)?.pane.focus();
    };
    find("#open-search").addEventListener("click", () => this.#search(bar, field));
    find("#panes").addEventListener("keydown", (event) => {
      if (!(event.ctrlKey && event.shiftKey && event.code === "KeyF")) return;
      event.preventDefault();
      this.#search(bar, field);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") leave();
      if (event.key === "Enter") look(!event.shiftKey);
    });
    bar.querySelector("[data-back]").addEventListener("click", () => look(true));
    bar.querySelector("[data-on]").addEventListener("click", () => look(false));
    bar.querySelector("[data-close]").addEventListener("click", leave);
  }

  #search(bar, field) {
    bar.hidden = false;
    field.focus();
    field.select();
  }
}
