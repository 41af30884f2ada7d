// The terminal's colours, dark and light. Whatever a program asks for, xterm.js keeps a contrast of 4.5.

const DARK = {
  background: "#111816", foreground: "#d8e0dc", cursor: "#8fdcc0", cursorAccent: "#111816", selectionBackground: "#31574a",
  black: "#232b2b", red: "#e58c85", green: "#8fcf9b", yellow: "#dfc37e", blue: "#86b5e8", magenta: "#cba4e0", cyan: "#7fcbcb", white: "#c9d3ce",
  brightBlack: "#74827c", brightRed: "#f3a69f", brightGreen: "#aee3b6", brightYellow: "#efd89b", brightBlue: "#a8cbf2", brightMagenta: "#dcbdec", brightCyan: "#a0dfdf", brightWhite: "#f3f7f5",
};

const LIGHT = {
  background: "#fcfdfc", foreground: "#1b2622", cursor: "#0b6b56", cursorAccent: "#fcfdfc", selectionBackground: "#bfe0d4",
  black: "#1b2622", red: "#a8312a", green: "#1d6b3a", yellow: "#765000", blue: "#1f5fa8", magenta: "#76389a", cyan: "#0d6670", white: "#56635e",
  brightBlack: "#66746e", brightRed: "#b93930", brightGreen: "#257644", brightYellow: "#835c00", brightBlue: "#2a6cba", brightMagenta: "#8747ae", brightCyan: "#127481", brightWhite: "#2b3733",
};

const FOUND = {
  dark: { matchBackground: "#3d4a1f", activeMatchBackground: "#7a6a17", matchOverviewRuler: "#7a6a17", activeMatchColorOverviewRuler: "#dfc37e" },
  light: { matchBackground: "#f3e6b8", activeMatchBackground: "#ffcf66", matchOverviewRuler: "#c9a53a", activeMatchColorOverviewRuler: "#765000" },
};

export function themeOf(scheme) {
  return scheme === "light" ? LIGHT : DARK;
}

export function foundColours(scheme) {
  return FOUND[scheme === "light" ? "light" : "dark"];
}
