// The class photo in several shots: each is sent as it is taken, and the page says who is still missing.
(async () => {
  const LOOK_EVERY = 700, WIDEST = 2400, QUALITY = .88, REST = 5 * 60000; // ms and pixels; without a tap the camera goes off
  const stage = document.getElementById("cam"), shutter = document.getElementById("cam-shutter"), flip = document.getElementById("cam-flip");
  const wake = document.getElementById("cam-wake"), video = stage.querySelector("video");
  const screen = cameraScreen(stage), camera = cameraOf(video, { facing: "environment", width: 2560 });
  const filled = (key, n, m) => screen.words[key].replace("%n", n).replace("%m", m);
  let tappedAt = Date.now(), isResting = false, sending = Promise.resolve(), strangers = 0, doubts = 0;

  const show = (answer) => {
    document.getElementById("cam-here").textContent = answer.here;
    document.getElementById("missing-count").textContent = answer.missing.length;
    const names = answer.missing.map((name) => { const one = document.createElement("bdi"); one.textContent = name; return one; });
    document.getElementById("missing").replaceChildren(...(names.length ? names : [screen.words.everybody]));
    // The same stranger may be on every shot: the most that any one shows are certain.
    strangers = Math.max(strangers, answer.unknown); doubts = Math.max(doubts, answer.doubts);
    const place = document.getElementById("unknown");
    place.textContent = [doubts && filled("doubts", doubts), strangers && filled("strangers", strangers)].filter(Boolean).join(" · ");
    place.hidden = !place.textContent;
  };
  // With what is sent later (queue.js), so that it outlives this page; its number is the same, so it cannot come twice.
  const kept = ({ nonce, blob, at }) => {
    const page = location.pathname.replace(/[^/]+\/$/, "");
    return queue.add({ kind: "photo", page, nonce, blob, at, url: `/api${page}captures/` });
  };
  const send = async (shot, line) => {
    const text = line.querySelector("[data-text]"), again = line.querySelector("button"), body = new FormData();
    again.hidden = true;
    body.append("nonce", shot.nonce); body.append("picture", shot.blob, "photo.jpg");
    let answer, data;
    try {
      answer = await fetch(stage.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": stage.dataset.csrf } });
      if (answer.redirected || answer.status === 404) return location.reload();
      data = await answer.json();
    } catch {
      const isKept = await kept(shot);
      text.textContent = screen.words[isKept ? "kept" : "not-sent"]; again.hidden = isKept;
      return;
    }
    if (data.code === "cap_reached") return location.reload();
    text.textContent = data.detail || filled("shot", data.faces, data.marked);
    again.hidden = answer.ok || answer.status < 500;
    if (answer.ok) show(data);
  };
  const enqueue = (shot, line) => { sending = sending.then(() => send(shot, line)); };

  shutter.addEventListener("click", async () => {
    tappedAt = Date.now();
    if (!camera.isOn()) return;
    const line = document.getElementById("shot").content.firstElementChild.cloneNode(true), image = line.querySelector("img");
    const shot = { nonce: newNonce(), at: Date.now(), blob: await camera.frame(WIDEST, QUALITY) };
    image.src = URL.createObjectURL(shot.blob);
    image.onload = () => URL.revokeObjectURL(image.src);
    line.querySelector("button").addEventListener("click", () => enqueue(shot, line));
    document.getElementById("shots").append(line);
    line.scrollIntoView({ block: "nearest", inline: "end" });
    enqueue(shot, line);
  });

  const begin = async () => {
    const obstacle = await camera.start();
    shutter.disabled = Boolean(obstacle);
    if (obstacle) screen.say(obstacle);
    return !obstacle;
  };
  const tick = (look) => {
    if (!camera.isOn() || document.hidden || isResting) return;
    if (Date.now() - tappedAt > REST) { isResting = true; camera.stop(); shutter.disabled = true; wake.hidden = false; return screen.say("resting"); }
    const seen = look(video), advice = adviceFor(seen);
    screen.say(seen.faces.length && ["good", "closer"].includes(advice) ? filled("in-view", seen.faces.length) : advice);
  };

  if (stage.dataset.open !== "1") return screen.say("closed");
  const look = looker(await finderFrom(stage.dataset.cascade), 640); // the back rows are small
  flip.addEventListener("click", async () => { tappedAt = Date.now(); const obstacle = await camera.flip(); if (obstacle) screen.say(obstacle); });
  wake.addEventListener("click", async () => { wake.hidden = true; isResting = false; tappedAt = Date.now(); await begin(); });
  document.addEventListener("visibilitychange", () => { if (isResting) return; if (document.hidden) camera.stop(); else begin(); });
  if (!await begin()) return;
  flip.hidden = !await camera.hasAnother();
  setInterval(() => tick(look), LOOK_EVERY);
})();
