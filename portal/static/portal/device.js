// What this browser keeps for the person who is signed in: marks and photos that could not be sent yet. Nothing of it
// outlives signing out, or another person's signing in; who signs out with something unsent is asked first. A page that
// was left open by the former person keeps nothing more. What could not be sent for a week is deleted, and that is said.
const device = (() => {
  const script = document.currentScript;
  const { person, isStaff } = { person: script.dataset.person, isStaff: "staff" in script.dataset };
  const DAYS = 7, HOURS = 12; // of what waits to be sent; of kept pages, as in sw.js
  const isOver = (at, hours) => Date.now() - Number(at || 0) > hours * 3600000;

  const open = () => new Promise((done, fail) => {
    const request = indexedDB.open("attendance", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("queue", { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const run = async (mode, act) => {
    const database = await open();
    try {
      return await new Promise((done, fail) => {
        const transaction = database.transaction("queue", mode), request = act(transaction.objectStore("queue"));
        transaction.oncomplete = () => done(request?.result);
        transaction.onerror = transaction.onabort = () => fail(transaction.error);
      });
    } finally { database.close(); }
  };
  const all = async () => { try { return await run("readonly", (queue) => queue.getAll()); } catch { return []; } };
  const forget = async () => {
    try { await run("readwrite", (queue) => queue.clear()); } catch { /* nothing can be kept here, so nothing is */ }
    if (window.caches) await caches.delete("private-1");
  };

  const remembered = { get: () => { try { return localStorage.getItem("person"); } catch { return null; } },
                       set: (who) => { try { localStorage.setItem("person", who); } catch { /* private window */ } } };
  // Whether this page's person is still the one who is signed in here: another tab may have signed out, or someone in.
  const isMine = () => [null, person].includes(remembered.get());
  const tidy = async () => {
    if (window.caches && await caches.has("private-1")) {
      const pages = await caches.open("private-1");
      for (const request of await pages.keys()) {
        const kept = await pages.match(request); // nothing while it is being written anew: that is no reason to delete it
        if (kept && isOver(kept.headers.get("X-Kept-At"), HOURS)) await pages.delete(request);
      }
    }
    const late = (await all()).filter((item) => item.person !== person || isOver(item.at, DAYS * 24));
    for (const item of late) await run("readwrite", (queue) => queue.delete(item.id));
    return late.filter((item) => item.person === person).length;
  };
  const arrive = async () => {
    const before = remembered.get();
    remembered.set(person);
    if (before !== null && before !== person) await forget();
    return tidy().catch(() => 0); // how many were too old to be sent
  };
  const ready = arrive();

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (new URL(form.action, location).pathname !== script.dataset.signOut) return;
    event.preventDefault();
    if ((await all()).length && !confirm(script.dataset.unsent)) return;
    remembered.set(""); // before: other tabs keep nothing from here on
    await forget();
    form.submit();
  });
  if (isStaff) navigator.serviceWorker?.register("/sw.js").catch(() => {});

  return {
    person, ready, all, forget, isMine,
    // Several changes that happen together or not at all; `act` gets the store and gives one of its requests.
    change: (act) => run("readwrite", act),
    add: async (item) => { if (!isMine()) throw new Error("somebody else"); return run("readwrite", (queue) => queue.add({ ...item, person, state: "waiting" })); },
    put: (item) => run("readwrite", (queue) => queue.put(item)),
    remove: (id) => run("readwrite", (queue) => queue.delete(id)),
  };
})();
