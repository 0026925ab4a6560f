// The webcam: one frame at a time, the next when the last was answered; names large, a soft sound for success.
(() => {
  const stage = document.getElementById("cam");
  const video = stage.querySelector("video");
  const boxes = stage.querySelector("svg");
  const name = document.getElementById("cam-name");
  const hint = document.getElementById("cam-hint");
  const flip = document.getElementById("cam-flip");
  const word = Object.fromEntries([...document.querySelectorAll("#cam-words dt")].map((t) => [t.textContent, t.nextElementSibling.textContent]));
  const WIDTH = 1280, PAUSE = 350, WAITS = 5000, NAME_STAYS = 2500;
  const canvas = document.createElement("canvas");
  let facing = "user", stream = null, unknownInARow = 0, nameUntil = 0, sound = null;

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  const start = async () => {
    if (stage.dataset.open !== "1") return say("closed");
    if (!navigator.mediaDevices) return say("insecure");
    try {
      stream?.getTracks().forEach((track) => track.stop());
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: facing, width: { ideal: 1280 }, height: { ideal: 720 } } });
    } catch (error) {
      return say({ NotAllowedError: "denied", NotFoundError: "absent", OverconstrainedError: "absent", NotReadableError: "busy" }[error.name] || "busy");
    }
    video.srcObject = stream;
    [video, boxes].forEach((view) => view.classList.toggle("mirror", facing === "user"));
    await video.play();
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    flip.hidden = cameras.length < 2;
    return true;
  };
  const say = (key) => { hint.textContent = word[key] || key; return false; };

  const frame = () => {
    const scale = Math.min(1, WIDTH / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale); canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  };
  const brightness = () => {
    const small = document.createElement("canvas"); small.width = 16; small.height = 12;
    const context = small.getContext("2d"); context.drawImage(video, 0, 0, 16, 12);
    const pixels = context.getImageData(0, 0, 16, 12).data;
    let sum = 0; for (let i = 0; i < pixels.length; i += 4) sum += pixels[i] + pixels[i + 1] + pixels[i + 2];
    return sum / (pixels.length / 4) / 3;
  };

  const draw = (answer) => {
    boxes.setAttribute("viewBox", `0 0 ${answer.width} ${answer.height}`);
    boxes.replaceChildren(...answer.faces.map((face) => {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      ["x", "y", "width", "height"].forEach((key, i) => rect.setAttribute(key, face.box[i]));
      rect.setAttribute("rx", 10); rect.setAttribute("class", face.outcome);
      return rect;
    }));
  };
  const beep = () => {
    try {
      sound ||= new AudioContext();
      const tone = sound.createOscillator(), volume = sound.createGain(), now = sound.currentTime;
      tone.frequency.value = 880; volume.gain.setValueAtTime(.15, now); volume.gain.exponentialRampToValueAtTime(.001, now + .25);
      tone.connect(volume).connect(sound.destination); tone.start(now); tone.stop(now + .25);
    } catch { /* a browser without sound still shows the name */ }
  };
  const show = (large, small = "") => {
    const detail = document.createElement("small"); detail.textContent = small;
    name.replaceChildren(large, detail); nameUntil = Date.now() + NAME_STAYS;
  };

  const guide = (answer) => {
    const largest = Math.max(0, ...answer.faces.map((face) => face.box[2]));
    if (answer.detail) return say(answer.detail);
    if (brightness() < 45) return say("light");
    if (!answer.faces.length) return say("nobody");
    return say(largest < answer.width / 20 ? "closer" : "looking");
  };
  const tell = (answer) => {
    draw(answer);
    document.getElementById("cam-here").textContent = answer.here;
    unknownInARow = answer.faces.some((face) => face.outcome === "unknown") ? unknownInARow + 1 : 0;
    if (answer.marked.length) { show(answer.marked.map((mark) => mark.name).join(", "), answer.marked[0].status); beep(); }
    else if (Date.now() > nameUntil) {
      const known = answer.faces.find((face) => face.name);
      if (known) show(known.name);
      else if (unknownInARow >= 2) show(word.unknown, word["unknown-help"]);
      else name.replaceChildren();
    }
    guide(answer);
  };

  const step = async () => {
    const body = new FormData();
    body.append("nonce", newNonce()); body.append("picture", await frame(), "frame.jpg");
    let answer;
    try { answer = await fetch(stage.dataset.url, { method: "POST", body, headers: { "X-CSRFToken": stage.dataset.csrf } }); }
    catch { say("offline"); return wait(2000); }
    if (answer.redirected || answer.status === 404) { location.reload(); return wait(5000); }
    if (!(answer.headers.get("Content-Type") || "").includes("json")) { say("offline"); return wait(2000); }
    const data = await answer.json();
    if (answer.ok) { tell(data); return data.detail ? wait(WAITS) : undefined; } // nobody is recognised now
    if (data.code === "cap_reached") { location.reload(); return wait(60000); } // the page says so, without a camera
    say(data.detail); return wait(3000);
  };
  const run = async () => {
    if (!await start()) return;
    say("looking");
    for (;;) {
      if (!document.hidden && video.videoWidth) await step();
      await wait(PAUSE);
    }
  };
  flip.addEventListener("click", () => { facing = facing === "user" ? "environment" : "user"; start(); });
  run();
})();
