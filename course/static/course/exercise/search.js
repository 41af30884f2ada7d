// Search in what the terminal holds: opened from the menu or with Ctrl+Shift+F, left with Esc.

import { find, say, words } from "exercise/page";

export class Search {
  constructor(panes) {
    this.panes = panes;
    this.bar = find("#search");
    this.field = this.bar.querySelector("input");
    this.found = find("#search-found");
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("input", () => this.#look({ incremental: true }));
    this.bar.querySelector("[data-back]").addEventListener("click", () => this.#look({ back: true }));
    this.bar.querySelector("[data-on]").addEventListener("click", () => this.#look({}));
    this.bar.querySelector("[data-close]").addEventListener("click", () => this.#leave());
    panes.addEventListener("search", () => this.open());
    panes.addEventListener("shown", () => this.#count());
  }

  open() {
    this.bar.hidden = false;
    this.field.focus();
    this.field.select();
  }

  #key(event) {
    if (event.key === "Escape") this.#leave();
    else if (event.key === "Enter") this.#look({ back: !event.shiftKey });
    else return;
    event.preventDefault();
  }

  #look(how) {
    if (this.field.value) this.panes.screen?.find(this.field.value, how);
    else this.#clear();
  }

  #leave() {
    this.bar.hidden = true;
    this.#clear();
    this.panes.screen?.focus();
  }

  #clear() {
    this.panes.screen?.search.clearDecorations();
    this.found.textContent = "";
  }

  // Each terminal counts its own matches.
  #count() {
    this.counting?.dispose();
    this.counting = this.panes.screen?.search.onDidChangeResults(({ resultIndex, resultCount }) => {
      if (this.bar.hidden || !this.field.value) return;
      this.found.textContent = resultCount ? say("tally", { done: resultIndex + 1, all: resultCount }) : words["nothing-found"];
    });
  }
}
