// Lists of who somebody is (_choose.html), searched as one types.
import { hasAll, wordsOf } from "../../portal/text.js";

export const filterable = (root) => {
  for (const field of root.querySelectorAll("[data-filter]")) field.hidden = false;
};
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-filter]")) return;
  const place = event.target.closest("[data-filtered]"), words = wordsOf(event.target.value);
  let found = 0;
  for (const one of place.querySelectorAll("[data-words]")) {
    one.hidden = !hasAll(one.dataset.words, words);
    found += one.hidden ? 0 : 1;
  }
  for (const group of place.querySelectorAll("[data-group]")) {
    group.hidden = !group.querySelector("[data-words]:not([hidden])");
  }
  place.querySelector("[data-none]").hidden = found > 0;
});
// Enter takes the only one who was found; otherwise it would send the form's first button, "nobody".
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-filter]")) return;
  event.preventDefault();
  const found = [...event.target.closest("[data-filtered]").querySelectorAll("[data-words]:not([hidden])")];
  if (found.length === 1) found[0].click();
});
filterable(document);
