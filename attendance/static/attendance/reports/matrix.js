// A matrix of students and lessons: opens at today, arrows move between cells, Enter opens a mark, typing finds a name.
import { announce, byId, csrfToken } from "../../portal/page.js";
import { hasAll, wordsOf } from "../../portal/text.js";

const SESSION = "11111111-1111-4111-8111-111111111111", STUDENT = "22222222-2222-4222-8222-222222222222";
const DAY = "2000-01-01"; // in the address of a group's cell, whose columns are days
const shown = byId("shown"), find = byId("find"), wrap = byId("matrix-wrap"), sheet = byId("cell");
const table = byId("matrix");
let at = null;

const keys = () => [...table.tHead.rows[1].cells].filter((head) => head.dataset.key);
const lines = () => [...table.tBodies[0].rows].filter((row) => !row.hidden);
const cellsOf = (row) => [...row.cells].filter((cell) => cell.tagName === "TD" && !cell.classList.contains("sums"));

// The words of a letter are those of the legend.
const wordOf = (cell) => {
  if (cell.dataset.empty) return table.dataset[cell.dataset.empty];
  const letter = cell.querySelector("i")?.firstChild?.textContent ?? "";
  const sum = [...table.querySelectorAll("thead .k")].find((one) => one.textContent === letter);
  return sum?.title ?? letter;
};
const labelled = (cell) => {
  const head = keys()[cellsOf(cell.parentElement).indexOf(cell)];
  const name = cell.parentElement.querySelector(".who bdi").textContent;
  cell.setAttribute("aria-label", `${name}, ${head.title}: ${wordOf(cell)}`);
};
const moveTo = (cell) => {
  if (!cell) return;
  at?.setAttribute("tabindex", "-1");
  at = cell;
  labelled(cell);
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
};

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const walk = (event) => {
  const cell = event.target.closest("td");
  if (!cell || cell.classList.contains("sums")) return;
  const rows = lines(), row = rows.indexOf(cell.parentElement), column = cellsOf(cell.parentElement).indexOf(cell);
  const most = cellsOf(cell.parentElement).length - 1;
  if (STEPS[event.key]) {
    const [down, on] = STEPS[event.key], turned = document.dir === "rtl" ? -on : on;
    const line = rows[Math.min(Math.max(row + down, 0), rows.length - 1)];
    moveTo(cellsOf(line)[Math.min(Math.max(column + turned, 0), most)]);
  } else if (event.key === "Home" || event.key === "End") {
    moveTo(cellsOf(cell.parentElement)[event.key === "Home" ? 0 : most]);
  } else if (event.key === "Enter" || event.key === " ") {
    open(cell);
  } else return;
  event.preventDefault();
};

const ways = () => {
  table.addEventListener("keydown", walk);
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (cell && !cell.classList.contains("sums")) { moveTo(cell); open(cell); }
  });
  const rows = lines();
  if (!rows.length) return;
  const cells = cellsOf(rows[0]);
  at = cells[cells.length - 1];
  if (at) { at.tabIndex = 0; labelled(at); }
};

const addressOf = (cell) => {
  const row = cell.parentElement, head = keys()[cellsOf(row).indexOf(cell)];
  const place = table.dataset.cell.includes(SESSION) ? SESSION : DAY;
  return table.dataset.cell.replace(place, head.dataset.key).replace(STUDENT, row.dataset.student);
};
const put = async (answer) => {
  sheet.innerHTML = await answer.text();
  if (!sheet.open) sheet.showModal();
  sheet.querySelector("select, input:not([type=hidden]), [data-cell], button")?.focus();
};
const show = async (address) => {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (answer.ok) await put(answer);
};
const open = async (cell) => {
  if (table.dataset.cell && !["away", "cancelled"].includes(cell.dataset.empty)) await show(addressOf(cell));
};

// After a correction the page's own figures are read again, and those of this student and of the course replaced.
const renewed = async () => {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const row = at.parentElement.id, column = cellsOf(at.parentElement).indexOf(at);
  byId(row).replaceWith(page.getElementById(row));
  table.tFoot.replaceWith(page.querySelector("#matrix tfoot"));
  for (const part of [".head .end", "#strips"]) document.querySelector(part).replaceWith(page.querySelector(part));
  at = null;
  moveTo(cellsOf(byId(row))[column]);
  announce(at.getAttribute("aria-label"));
};
sheet?.addEventListener("click", (event) => {
  const lesson = event.target.closest("a[data-cell]"); // of a day's: its mark is corrected in the same sheet
  if (lesson && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    show(lesson.dataset.cell);
  } else if (event.target === sheet || event.target.closest("[data-close]")) sheet.close();
});
sheet?.addEventListener("close", () => at?.focus());
sheet?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const answer = await fetch(form.action, {
    method: "POST", body: new FormData(form), headers: { "X-CSRFToken": csrfToken() },
  });
  if (answer.status !== 204) { await put(answer); return; }
  sheet.close();
  await renewed();
});

shown?.addEventListener("change", (event) => {
  if (event.target.tagName === "SELECT" || event.target.type === "checkbox") shown.requestSubmit();
});
find?.addEventListener("input", () => {
  const words = wordsOf(find.value), isLowOnly = shown.elements.low?.checked;
  for (const row of table?.tBodies[0].rows ?? []) {
    const name = row.querySelector(".who bdi").textContent;
    row.hidden = !hasAll(name, words) || (isLowOnly && !("low" in row.dataset));
  }
});
find?.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });

const toEnd = (box) => { box.scrollLeft = document.dir === "rtl" ? -box.scrollWidth : box.scrollWidth; };
document.querySelectorAll(".scroll").forEach(toEnd);
if (table) {
  ways();
  toEnd(wrap); // at the latest lesson
}
