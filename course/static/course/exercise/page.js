// What the template wrote for the scripts: the exercise, its addresses, and every sentence.

export const page = JSON.parse(document.getElementById("page").textContent);

const sentences = Object.fromEntries(
  Array.from(document.getElementById("words").content.querySelectorAll("[data-word]"), (one) => [one.dataset.word, one.textContent.trim()]),
);

export const words = new Proxy(sentences, { get: (all, key) => all[key] ?? "" });

export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

// An element with properties, attributes (where a property would not do) and children.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// A sentence in which `backticks` mark what is typed.
export function told(text) {
  return text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

export function find(selector) {
  return document.querySelector(selector);
}

// How the page scrolls by itself.
export const glide = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";

// A browser that forbids storage forgets; nothing else is lost.
export const memory = {
  get(key) {
    try {
      return localStorage.getItem(`terrarium:${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`terrarium:${key}`, value);
    } catch {
      return;
    }
  },
};

// Ask in a dialog, with a sample of what it is about if there is one; resolves to whether it was agreed to.
export function confirmed(title, text, agree, sample = "") {
  const dialog = find("#confirm");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  const shown = dialog.querySelector("pre");
  shown.textContent = sample;
  shown.hidden = !sample;
  const button = dialog.querySelector("button[value=yes]");
  button.textContent = agree;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

// A word at the bottom of the lab that goes by itself; a screen reader speaks it.
let fading;
export function toast(text) {
  const place = find("#toast");
  place.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (place.textContent = ""), 6000);
}
