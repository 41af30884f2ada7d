// The emulator: xterm.js with what a lesson needs, and without what a lab must not be able to do
// to the learner's browser (write its clipboard, open a link unasked, rename its window).

import { Terminal } from "@xterm/xterm";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { SerializeAddon } from "@xterm/addon-serialize";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";

const CLIPBOARD = 52;
const LEAVE_KEY = "F6";
const SETTLED = 250; // ms without output after which a replay is over
// What an emulator answers to a program's question; asked again by a replay, nobody waits for it.
const REPORT = /^\x1b(?:\[[?>=]?[\d;]*[$]?[cnRtyx]|P|\]|\[[IO]$)/;

export const THEME = {
  background: "#14191a",
  foreground: "#d8e0dc",
  cursor: "#9ad1b0",
  cursorAccent: "#14191a",
  selectionBackground: "#3d5a4e",
  black: "#232b2b", red: "#e58c85", green: "#8fcf9b", yellow: "#dfc37e",
  blue: "#86b5e8", magenta: "#cba4e0", cyan: "#7fcbcb", white: "#c9d3ce",
  brightBlack: "#74827c", brightRed: "#f3a69f", brightGreen: "#aee3b6", brightYellow: "#efd89b",
  brightBlue: "#a8cbf2", brightMagenta: "#dcbdec", brightCyan: "#a0dfdf", brightWhite: "#f3f7f5",
};

export class Screen {
  // confirmLink(url) answers whether to open it; leave() takes the focus out.
  constructor(place, { label, screenReader, confirmLink, leave }) {
    this.place = place;
    this.terminal = new Terminal({
      allowProposedApi: true, // unicode11
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace',
      fontSize: 14,
      lineHeight: 1.25,
      linkHandler: { activate: (_event, url) => follow(url, confirmLink) },
      macOptionIsMeta: true,
      minimumContrastRatio: 4.5,
      screenReaderMode: screenReader,
      scrollback: 5000,
      theme: THEME,
    });
    this.fitting = new FitAddon();
    this.search = new SearchAddon();
    this.serialize = new SerializeAddon();
    const links = new WebLinksAddon((_event, url) => follow(url, confirmLink));
    for (const addon of [this.fitting, this.search, this.serialize, links, new Unicode11Addon()]) {
      this.terminal.loadAddon(addon);
    }
    this.terminal.unicode.activeVersion = "11";
    // Returning true says "handled": the clipboard stays the learner's.
    this.terminal.parser.registerOscHandler(CLIPBOARD, () => true);
    this.terminal.attachCustomKeyEventHandler((event) => this.#key(event, leave));
    place.addEventListener("paste", (event) => this.#paste(event), true);
    this.terminal.open(place);
    this.terminal.textarea.setAttribute("aria-label", label);
    this.quietUntil = 0;
    if (wantsWebGL()) this.#draw();
  }

  // send(text), sendBinary(text) and resize(columns, rows) of a connection.
  attach(connection) {
    this.terminal.onData((text) => this.#isAnswerToReplay(text) || connection.send(text));
    this.terminal.onBinary((text) => connection.sendBinary(text));
    this.terminal.onResize(({ cols, rows }) => connection.resize(cols, rows));
    connection.resize(this.terminal.cols, this.terminal.rows);
  }

  write(bytes, done) {
    if (this.quietUntil) this.quietUntil = performance.now() + SETTLED;
    this.terminal.write(bytes, done);
  }

  clear() {
    this.terminal.reset();
  }

  replaying() {
    this.quietUntil = performance.now() + SETTLED;
  }

  exited() {
    this.terminal.options.cursorBlink = false;
    this.terminal.write("\x1b[?25l");
  }

  fit() {
    // A hidden place has no size; what it would be fitted to is wrong.
    if (this.place.clientWidth > 40 && this.place.clientHeight > 40) this.fitting.fit();
  }

  focus() {
    this.terminal.focus();
  }

  transcript() {
    return this.serialize.serialize({ excludeModes: true, excludeAltBuffer: true }).replace(/\x1b\[[\d;]*[A-Za-z]/g, "");
  }

  dispose() {
    this.terminal.dispose();
  }

  #isAnswerToReplay(text) {
    if (!this.quietUntil) return false;
    if (performance.now() > this.quietUntil) this.quietUntil = 0;
    return this.quietUntil > 0 && REPORT.test(text);
  }

  #paste(event) {
    event.preventDefault();
    event.stopPropagation();
    // An escape could end the bracket in which a shell holds pasted text back from running.
    this.terminal.paste(event.clipboardData.getData("text/plain").replaceAll("\x1b", ""));
  }

  #key(event, leave) {
    if (event.type !== "keydown") return true;
    if (event.key === LEAVE_KEY && !event.ctrlKey && !event.altKey && !event.metaKey) {
      if (event.shiftKey) return true;
      event.preventDefault();
      leave();
      return false;
    }
    if (event.ctrlKey && event.shiftKey && event.code === "KeyC" && this.terminal.hasSelection()) {
      event.preventDefault();
      navigator.clipboard?.writeText(this.terminal.getSelection());
      return false;
    }
    // Ctrl+Shift+V and Ctrl+Shift+F are the browser's and the page's.
    return !(event.ctrlKey && event.shiftKey && ["KeyV", "KeyF"].includes(event.code));
  }

  async #draw() {
    try {
      const { WebglAddon } = await import("@xterm/addon-webgl");
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose()); // The emulator then draws with elements again.
      this.terminal.loadAddon(webgl);
    } catch {
      // No WebGL here: elements do as well, only slower.
    }
  }
}

function wantsWebGL() {
  return new URLSearchParams(location.search).get("renderer") !== "dom" && !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// The text of a link may say anything: the learner is shown where it really goes, and only the web.
async function follow(address, confirmLink) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return;
  }
  if (!["http:", "https:"].includes(url.protocol)) return;
  if (await confirmLink(url.href)) window.open(url.href, "_blank", "noopener,noreferrer");
}
