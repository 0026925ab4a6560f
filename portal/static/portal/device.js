// What this browser keeps for the person who is signed in: marks and photos that could not be sent yet. Nothing of it
// outlives signing out, or another person's signing in; who signs out with something unsent is asked first.
const device = (() => {
  const script = document.currentScript;
  const { person, isStaff } = { person: script.dataset.person, isStaff: "staff" in script.dataset };

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
        transaction.oncomplete = () => done(request.result);
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
                       set: () => { try { localStorage.setItem("person", person); } catch { /* private window */ } } };
  const arrive = async () => {
    const before = remembered.get();
    if (before && before !== person) await forget();
    remembered.set();
  };
  const ready = arrive();

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (new URL(form.action, location).pathname !== script.dataset.signOut) return;
    event.preventDefault();
    if ((await all()).length && !confirm(script.dataset.unsent)) return;
    await forget();
    form.submit();
  });
  if (isStaff) navigator.serviceWorker?.register("/sw.js").catch(() => {});

  return {
    person, ready, all, forget,
    add: (item) => run("readwrite", (queue) => queue.add({ ...item, person, state: "waiting" })),
    put: (item) => run("readwrite", (queue) => queue.put(item)),
    get: (id) => run("readonly", (queue) => queue.get(id)),
    remove: (id) => run("readwrite", (queue) => queue.delete(id)),
  };
})();
