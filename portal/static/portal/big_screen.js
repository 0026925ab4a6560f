// A page that hangs on a wall: a button for the full screen, and a screen that stays on.
export const fullScreenBy = (button) => {
  const page = document.documentElement;
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen(); else page.requestFullscreen();
  });
};
// Where the browser can do that, and its battery lets it; it lets go whenever the page is hidden.
export const stayAwake = () => {
  const ask = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", ask);
  ask();
};
