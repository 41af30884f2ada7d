// One terminal on the page: emulator, connection, and the line that says how the connection is.

import { Connection } from "terminal/connection";
import { Screen } from "terminal/screen";

const FIT_PAUSE = 60; // ms: a dragged divider sends sizes as it rests, not as it moves

export class Pane {
  // words: key → text; told.over(code) and told.notice(notice) reach the page.
  constructor(place, { address, label, words, look, asks, told }) {
    this.words = words;
    this.told = told;
    this.place = place;
    const canvas = add(place, "div", "screen");
    this.line = add(place, "p", "connection");
    this.line.setAttribute("role", "status");
    this.line.hidden = true;
    this.again = add(place, "button", "again");
    this.again.type = "button";
    this.again.hidden = true;
    this.again.textContent = words["shell-again"];
    this.again.onclick = () => this.restart();
    this.screen = new Screen(canvas, { label, look, asks });
    this.connection = new Connection(address, this.screen, {
      state: (name, detail) => this.#state(name, detail),
      notice: (notice) => told.notice(notice),
    });
    this.screen.attach(this.connection);
    this.observer = new ResizeObserver(() => {
      clearTimeout(this.fitting);
      this.fitting = setTimeout(() => this.screen.fit(), FIT_PAUSE);
    });
    this.observer.observe(canvas);
    this.screen.fit();
    this.connection.open();
  }

  focus() {
    this.screen.focus();
  }

  restart() {
    this.again.hidden = true;
    this.connection.open({ fresh: true });
    this.screen.terminal.options.cursorBlink = true;
    this.screen.terminal.write("\x1b[?25h");
    this.focus();
  }

  dispose() {
    clearTimeout(this.fitting);
    this.observer.disconnect();
    this.connection.close();
    this.screen.dispose();
    this.place.replaceChildren();
  }

  #state(name, detail) {
    this.place.dataset.state = name;
    this.again.hidden = name !== "exited";
    this.line.textContent = this.#sentence(name, detail);
    this.line.hidden = this.line.textContent === "";
    if (name === "closed") this.told.over(detail.code);
  }

  #sentence(name, detail) {
    switch (name) {
      case "connecting":
        return detail.failures ? this.words["reconnecting"] : this.words["connecting"];
      case "waiting":
        return (detail.code === 4503 ? this.words["restarting"] : this.words["cut"]).replace("{seconds}", detail.seconds);
      case "exited":
        return this.words["exited"].replace("{status}", detail.status);
      case "closed":
        return this.words[`closed-${detail.code}`] ?? this.words["closed"];
      default:
        return "";
    }
  }
}

function add(parent, tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
}
