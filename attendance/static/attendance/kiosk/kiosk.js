// The tablet at a door: it asks every few seconds what its room has now, and the camera is on while a register is open.
// Nothing here reloads the page unless the server has just answered: a reload while it is away would end on the
// browser's own error page, before which nobody stands.
(async () => {
  const stage = document.getElementById("cam"), flip = document.getElementById("cam-flip"), full = document.getElementById("door-full");
  const video = stage.querySelector("video"), clock = document.getElementById("door-clock"), here = document.getElementById("cam-here");
  const ASK_EVERY = 5000, PATIENCE = 8000; // ms
  const screen = cameraScreen(stage), camera = cameraOf(video, { facing: "user", width: 1280 });
  const text = (id, words) => { const place = document.getElementById(id); if (place.textContent !== words) place.textContent = words; };
  const doorWords = Object.fromEntries([...document.querySelectorAll("#door-words dt")].map((t) => [t.textContent, t.nextElementSibling.textContent]));
  const hereWords = doorWords.here;

  const isJson = (answer) => (answer.headers.get("Content-Type") || "").includes("json");
  // Shut out: the page becomes the one that asks for a code. Only a page of the portal says so, not a proxy's.
  const shutOut = async () => {
    const page = await fetch(location.pathname, { cache: "no-store" });
    if (page.ok) location.reload();
  };
  const post = async (url, body) => {
    let answer;
    try { answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": stage.dataset.csrf } }); }
    catch { return { word: "offline", wait: 2000 }; }
    if (answer.status === 404 || answer.status === 403) { await shutOut(); return { wait: 5000 }; }
    if (!isJson(answer)) return { word: "offline", wait: 2000 };
    const data = await answer.json();
    if (!answer.ok) { ask(); return { word: data.detail, wait: 3000 }; }
    if ("here" in data) here.textContent = hereWords.replace("%n", data.here).replace("%m", data.expected);
    return { answer: data, word: data.detail, wait: data.detail ? 5000 : 0 };
  };

  // Where nobody of the school stands: the server gives whoever it may know a challenge, and marks who passed it.
  const place = document.getElementById("door-check"), TOLD = 3500; // ms that the outcome is shown
  const challenges = { turns: headTurns({ camera, place }) };
  const challenged = async (challenge) => {
    const run = challenges[challenge.kind];
    if (!run) return { word: doorWords["no-check"], wait: 10000 };
    stage.classList.add("checking");
    try {
      const sent = await post(`${stage.dataset.url}${challenge.id}/`, await run(challenge));
      if (sent.answer?.passed) return sent;
      if (sent.word) screen.show(screen.words[sent.word] || sent.word);
      return { wait: TOLD };
    } finally { place.hidden = true; stage.classList.remove("checking"); }
  };
  const send = async (body) => {
    const sent = await post(stage.dataset.url, body);
    return sent.answer?.challenge ? challenged(sent.answer.challenge) : sent;
  };

  const look = looker(await finderFrom(stage.dataset.cascade));
  const walk = walkPast({ stage, camera, screen, look, send });
  let isWatching = false, isStarting = false;
  const watch = async (isOpen) => {
    if (isOpen === isWatching || isStarting) return;
    isStarting = true;
    try {
      if (isOpen) isWatching = await walk.start();
      else { walk.stop(); isWatching = false; here.textContent = ""; screen.say(""); }
    } finally { isStarting = false; }
    video.hidden = !isWatching;
    flip.hidden = !isWatching || !await camera.hasAnother();
  };
  let isAttended = null; // the office may change it: the page is another one then
  const show = (now) => {
    if (isAttended !== null && now.attended !== isAttended) return shutOut();
    isAttended = now.attended;
    if (now.lesson) text("door-lesson", now.lesson);
    text("door-when", now.when);
    text("door-detail", now.detail);
    document.getElementById("door-code").hidden = !now.shows_code;
    return watch(now.is_open);
  };
  let isAway = false;
  const away = () => { isAway = true; text("door-detail", screen.words.offline); };
  const ask = async () => {
    try {
      const answer = await fetch(stage.dataset.now, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status === 404) return await shutOut();
      if (!answer.ok || !isJson(answer)) return away();
      isAway = false;
      await show(await answer.json());
    } catch { away(); }
  };
  const asking = async () => { await ask(); setTimeout(asking, isAway ? 2000 : ASK_EVERY); };

  const tick = () => text("door-clock", new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.zone }).format(new Date()));
  tick(); setInterval(tick, 1000);
  flip.addEventListener("click", async () => { const obstacle = await camera.flip(); if (obstacle) screen.say(obstacle); });
  full.hidden = !document.fullscreenEnabled;
  full.addEventListener("click", () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  // The screen stays on where the browser can do that; it lets go whenever the page is hidden.
  const stayOn = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", stayOn);
  stayOn();
  await show(JSON.parse(document.getElementById("door-now").textContent));
  setTimeout(asking, ASK_EVERY);
})();
