// The two ways this page makes elements. Content is only ever text nodes: there is no innerHTML anywhere.
import { LANGUAGES } from "./words.js";

/** el("button.inline", {type: "button", onclick: f}, "text", child…); a property wins, else it is an attribute. */
export function el(selector, options = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "dataset") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SHAPES = {
  send: "M3.4 20.4 21 12.9a1 1 0 0 0 0-1.8L3.4 3.6a.7.7 0 0 0-1 .8L4 10.5l9 1.5-9 1.5-1.6 6.1a.7.7 0 0 0 1 .8z",
  attach: "M16.5 6.5v10a4.5 4.5 0 0 1-9 0V5.8a3 3 0 0 1 6 0v9.7a1.5 1.5 0 0 1-3 0V6.5H9v9a3 3 0 0 0 6 0V5.8a4.5 4.5 0 0 0-9 0v10.7a6 6 0 0 0 12 0v-10z",
  more: "M12 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm0 6a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm0 6a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  reply: "M10 8.5V4.8L3 12l7 7.2v-3.9c5 0 8.5 1.6 11 5.1-1-5.1-4-10.2-11-11.9z",
  edit: "M3 17.2V21h3.8L17.9 9.9l-3.8-3.8L3 17.2zM20.7 7a1 1 0 0 0 0-1.4l-2.3-2.3a1 1 0 0 0-1.4 0l-1.9 1.9 3.8 3.8L20.7 7z",
  close: "M18.3 5.7a1 1 0 0 0-1.4 0L12 10.6 7.1 5.7a1 1 0 0 0-1.4 1.4l4.9 4.9-4.9 4.9a1 1 0 1 0 1.4 1.4l4.9-4.9 4.9 4.9a1 1 0 0 0 1.4-1.4L13.4 12l4.9-4.9a1 1 0 0 0 0-1.4z",
  down: "M6.7 8.7a1 1 0 0 0-1.4 1.4l6 6a1 1 0 0 0 1.4 0l6-6a1 1 0 0 0-1.4-1.4L12 14 6.7 8.7z",
  keyboard: "M4 5a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2H4zm1 3h2v2H5V8zm4 0h2v2H9V8zm4 0h2v2h-2V8zm4 0h2v2h-2V8zM5 12h2v2H5v-2zm4 0h2v2H9v-2zm4 0h2v2h-2v-2zm4 0h2v2h-2v-2zM8 15.6h8v1.6H8z",
  photo: "M4 5a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2H4zm4 3a1.8 1.8 0 1 1 0 3.6A1.8 1.8 0 0 1 8 8zm-3.5 9 4-5 2.7 3.3 3.8-5 4.5 6.7z",
  file: "M6 2a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8l-6-6H6zm7 1.5L18.5 9H13V3.5z",
  place: "M12 2a7 7 0 0 0-7 7c0 5.2 7 13 7 13s7-7.8 7-13a7 7 0 0 0-7-7zm0 9.5a2.5 2.5 0 1 1 0-5 2.5 2.5 0 0 1 0 5z",
  voice: "M12 14.5a3.2 3.2 0 0 0 3.2-3.2V5.7a3.2 3.2 0 0 0-6.4 0v5.6a3.2 3.2 0 0 0 3.2 3.2zm5.7-3.2a5.7 5.7 0 0 1-11.4 0H4.6a7.4 7.4 0 0 0 6.6 7.3V22h1.6v-3.4a7.4 7.4 0 0 0 6.6-7.3z",
  play: "M8 5.3v13.4c0 .8.9 1.3 1.6.9l10.7-6.7a1 1 0 0 0 0-1.8L9.6 4.4C8.9 4 8 4.5 8 5.3z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  download: "M11 4h2v8.2l3.3-3.3 1.4 1.4L12 16l-5.7-5.7 1.4-1.4 3.3 3.3zM5 18h14v2H5z",
  link: "M9 5v2h6.6L5 17.6 6.4 19 17 8.4V15h2V5z",
  tick: "m9.3 16.2-4-4L3.9 13.6l5.4 5.4L21 7.3l-1.4-1.4z",
};

/** A drawn sign. It is always beside or inside something that says the same in words. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** [Қаз] [Рус] [Eng], each by its full name for whoever listens, the current one pressed. */
export function languageButtons(current, choose) {
  return LANGUAGES.map(({ code, short, name }) => {
    const pressed = String(code === current);
    const options = { type: "button", lang: code, "aria-label": name, title: name, "aria-pressed": pressed, onclick: () => choose(code) };
    return el("button.language", options, short);
  });
}
