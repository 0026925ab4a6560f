// A long list of buttons is narrowed by typing: `<input data-filters="list's id">`. Without this script it is whole.
import { byId } from "./page.js";
import { hasAll, wordsOf } from "./text.js";

document.querySelectorAll("[data-filters]").forEach((field) => {
  const entries = [...byId(field.dataset.filters).children];
  field.addEventListener("input", () => {
    const words = wordsOf(field.value);
    for (const entry of entries) entry.hidden = !hasAll(entry.textContent, words);
  });
});
