// Without a connection: the registers that are kept on this device, by the titles of their pages.
import { byId } from "./page.js";
import { pagesInTime } from "./kept_pages.js";

const list = byId("kept");
const entry = (request, page) => {
  const link = document.createElement("a"), line = document.createElement("li");
  const titles = [page.querySelector("h1"), page.querySelector("#register .small.soft")];
  link.className = "lesson plain wide";
  link.href = new URL(request.url).pathname;
  link.textContent = titles.map((title) => title?.textContent).filter(Boolean).join(" · ");
  line.append(link);
  return line;
};
const show = async () => {
  for (const [request, kept] of await pagesInTime()) {
    if (!/\/sessions\/[0-9a-f-]{36}\/$/.test(request.url)) continue;
    list.append(entry(request, new DOMParser().parseFromString(await kept.text(), "text/html")));
    list.hidden = false;
  }
};

document.querySelector("[data-again]").addEventListener("click", () => location.reload());
addEventListener("online", () => location.reload());
show();
