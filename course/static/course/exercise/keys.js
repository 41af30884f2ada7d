// Keys for fingers: what a shell needs and a phone's keyboard does not have. Shown where the pointer is coarse.

import { find, make, words } from "exercise/page";

const KEYS = [
  ["Esc", { text: "\x1b" }],
  ["Tab", { text: "\t" }],
  ["Ctrl", { control: true }],
  ["↑", { arrow: "A" }, "key-up"],
  ["↓", { arrow: "B" }, "key-down"],
  ["←", { arrow: "D" }, "key-left"],
  ["→", { arrow: "C" }, "key-right"],
  ["|", { text: "|" }],
  ["/", { text: "/" }],
  ["-", { text: "-" }],
];

export function startKeys(panes) {
  const bar = find("#keys");
  const control = new Map();
  for (const [label, key, name] of KEYS) {
    const button = make("button", { type: "button", className: "tool" }, label);
    if (name) button.setAttribute("aria-label", words[name]);
    if (key.control) button.setAttribute("aria-pressed", "false");
    // The terminal keeps the focus, and with it the phone its keyboard.
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      const held = panes.screen?.press(key);
      if (key.control) button.setAttribute("aria-pressed", String(Boolean(held)));
    });
    control.set(label, button);
    bar.append(button);
  }
  panes.addEventListener("control-used", () => control.get("Ctrl").setAttribute("aria-pressed", "false"));
}
