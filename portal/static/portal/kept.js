// Without a connection: the registers that are kept on this device, by the titles of their pages.
(() => {
  document.querySelector("[data-again]").addEventListener("click", () => location.reload());
  addEventListener("online", () => location.reload());
  const list = document.getElementById("kept");
  const show = async () => {
    const pages = await caches.open("private-1");
    for (const request of await pages.keys()) {
      const kept = await pages.match(request);
      if (!kept) continue;
      if (Date.now() - Number(kept.headers.get("X-Kept-At")) > 12 * 3600000) { await pages.delete(request); continue; } // as in sw.js
      if (!/\/sessions\/[0-9a-f-]{36}\/$/.test(request.url)) continue;
      const page = new DOMParser().parseFromString(await kept.text(), "text/html");
      const link = document.createElement("a"), line = document.createElement("li");
      link.className = "lesson plain wide"; link.href = new URL(request.url).pathname;
      link.textContent = [page.querySelector("h1")?.textContent, page.querySelector("#register .small.soft")?.textContent].filter(Boolean).join(" · ");
      line.append(link); list.append(line); list.hidden = false;
    }
  };
  if (window.caches) show();
})();
