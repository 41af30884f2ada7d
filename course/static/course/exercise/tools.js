// The terminal's menu, and what a learner has set there: remembered by the browser, for every lab.

import { copyText, readText } from "terminal/clipboard";
import { find, make, memory, toast, words } from "exercise/page";

const SMALLEST = 10;
const USUAL = 14;
const LARGEST = 28;
const GAP = 6; // px between the button and its menu

export class Tools {
  constructor() {
    this.size = clamp(Number(memory.get("terminal-size")) || USUAL);
    this.colours = memory.get("terminal-scheme") ?? "dark";
    this.reading = memory.get("screen-reader") === "yes";
    this.menu = find("#tools");
    this.#wear();
  }

  get look() {
    return { fontSize: this.size, scheme: this.#scheme(), screenReader: this.reading };
  }

  start(panes, search) {
    this.panes = panes;
    const acts = {
      copy: () => panes.screen?.copy(),
      paste: () => this.#paste(),
      search: () => search.open(),
      clear: () => panes.screen?.sweep(),
      read: () => this.#read(),
      save: () => this.#save(),
      shortcuts: () => find("#shortcuts").showModal(),
    };
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.addEventListener("click", () => {
        this.menu.hidePopover();
        acts[button.dataset.tool]();
        if (["copy", "clear"].includes(button.dataset.tool)) panes.screen?.focus();
      });
    }
    find("[data-act=end]").addEventListener("click", () => this.menu.hidePopover());
    this.menu.addEventListener("beforetoggle", (event) => event.newState === "open" && this.#place());
    this.#startSettings();
    find("#transcript [data-copy]").addEventListener("click", async () => {
      toast(words[(await copyText(this.#transcript())) ? "copied" : "not-copied"]);
    });
  }

  #startSettings() {
    for (const button of document.querySelectorAll("[data-size]")) {
      button.addEventListener("click", () => this.#set("terminal-size", (this.size = clamp(this.size + Number(button.dataset.size)))));
    }
    const colours = find("#terminal-scheme");
    colours.value = this.colours;
    colours.addEventListener("change", () => this.#set("terminal-scheme", (this.colours = colours.value)));
    const reading = find("#screen-reader");
    reading.checked = this.reading;
    reading.addEventListener("change", () => {
      this.reading = reading.checked;
      this.#set("screen-reader", this.reading ? "yes" : "no");
      toast(words[this.reading ? "reader-on" : "reader-off"]);
    });
    addEventListener("schemechange", () => this.#wear());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#wear());
  }

  #set(key, value) {
    memory.set(key, value);
    this.#wear();
  }

  #wear() {
    find("#size").textContent = this.size;
    for (const place of [find("#lab"), this.menu]) place.dataset.scheme = this.#scheme();
    this.panes?.wear(this.look);
  }

  #scheme() {
    if (this.colours !== "page") return this.colours;
    return document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  }

  async #paste() {
    const text = await readText();
    if (text === null) toast(words["paste-by-key"]);
    else await this.panes.screen?.paste(text);
    this.panes.screen?.focus();
  }

  #transcript() {
    return this.panes.screen?.transcript.text() ?? "";
  }

  #read() {
    const sheet = find("#transcript");
    const text = sheet.querySelector("pre");
    text.textContent = this.#transcript();
    sheet.showModal();
    text.scrollTop = text.scrollHeight;
    text.focus();
  }

  #save() {
    const file = new Blob([this.#transcript()], { type: "text/plain;charset=utf-8" });
    const link = make("a", { href: URL.createObjectURL(file), download: `${this.panes.lease.exercise}-${this.panes.shown}.txt` });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  #place() {
    const box = find("#open-tools").getBoundingClientRect();
    this.menu.style.insetBlockStart = `${box.bottom + GAP}px`;
    this.menu.style.insetInlineEnd = `${Math.max(GAP, document.documentElement.clientWidth - box.right)}px`;
  }
}

function clamp(size) {
  return Math.min(LARGEST, Math.max(SMALLEST, size));
}
