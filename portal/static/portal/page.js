// The page's own parts: elements, copies of its templates, its live region, its sentences and its token.
export const byId = (id) => document.getElementById(id);
export const clone = (id) => byId(id).content.firstElementChild.cloneNode(true);
export const announce = (text) => { byId("announce").textContent = text; };
export const csrfToken = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

// The sentences of a hidden <dl>, by its terms.
export const wordsIn = (id) => {
  const terms = [...document.querySelectorAll(`#${id} dt`)];
  return Object.fromEntries(terms.map((term) => [term.textContent.trim(), term.nextElementSibling.textContent.trim()]));
};
