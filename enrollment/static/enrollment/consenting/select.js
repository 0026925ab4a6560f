// Chosen students of a list: their number in the dock, and all of a section at one tap. Without this script the buttons
// act on the boxes that are ticked, and on the whole list where none is.
const form = document.getElementById("chosen");
const place = document.querySelector("[data-chosen]");
const clear = document.querySelector("[data-clear]");

const tell = () => {
  const number = form.querySelectorAll(".tick:checked").length;
  place.textContent = number ? place.dataset.chosen.replace("{n}", number) : "";
  clear.hidden = !number;
  for (const button of document.querySelectorAll("[data-some]")) {
    button.querySelector("span").textContent = number ? button.dataset.some.replace("{n}", number) : button.dataset.all;
  }
};

form.addEventListener("change", tell);
form.addEventListener("reset", () => setTimeout(tell));
for (const button of form.querySelectorAll("[data-select-all]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.closest("section").querySelectorAll(".tick")];
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
    tell();
  });
}
tell();
