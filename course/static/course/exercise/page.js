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

// Ask in a dialog; resolves to whether it was agreed to.
export function confirmed(title, text, agree) {
  const dialog = find("#confirm");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  const button = dialog.querySelector("button[value=yes]");
  button.textContent = agree;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
