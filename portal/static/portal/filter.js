// A long list of buttons is narrowed by typing: `<input data-filters="list's id">`. Without this script it is whole.
document.querySelectorAll("[data-filters]").forEach((field) => {
  const folded = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
  const entries = [...document.getElementById(field.dataset.filters).children];
  field.addEventListener("input", () => {
    const words = folded(field.value).split(/\s+/).filter(Boolean);
    entries.forEach((entry) => {
      const text = folded(entry.textContent);
      entry.hidden = !words.every((word) => text.includes(word));
    });
  });
});
