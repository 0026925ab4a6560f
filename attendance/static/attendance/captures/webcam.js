// The teacher's webcam page: people are marked as they walk past.
(async () => {
  const stage = document.getElementById("cam"), flip = document.getElementById("cam-flip");
  const REST = 5 * 60000; // without a face
  const screen = cameraScreen(stage), camera = cameraOf(stage.querySelector("video"), { facing: "user", width: 1280 });

  const send = async (body) => {
    let answer;
    try { answer = await fetch(stage.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": stage.dataset.csrf } }); }
    catch { return { word: "offline", wait: 2000 }; }
    if (answer.redirected || answer.status === 404) { location.reload(); return { wait: 5000 }; }
    if (!(answer.headers.get("Content-Type") || "").includes("json")) return { word: "offline", wait: 2000 };
    const data = await answer.json();
    if (data.code === "cap_reached") { location.reload(); return { wait: 60000 }; } // the page says so, without a camera
    if (!answer.ok) return { word: data.detail, wait: 3000 };
    document.getElementById("cam-here").textContent = data.here;
    return { answer: data, word: data.detail, wait: data.detail ? 5000 : 0 }; // with a sentence nobody is recognised now
  };

  if (stage.dataset.open !== "1") return screen.say("closed");
  const look = looker(await finderFrom(stage.dataset.cascade));
  flip.addEventListener("click", async () => { const obstacle = await camera.flip(); if (obstacle) screen.say(obstacle); });
  if (await walkPast({ stage, camera, screen, look, send, restAfter: REST }).start()) flip.hidden = !await camera.hasAnother();
})();
