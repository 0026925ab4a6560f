// Whoever scanned the QR code has typed nothing: send the code that came with it, before it runs out.
const form = document.getElementById("check-in");
if (form && "linked" in form.dataset) {
  history.replaceState(null, "", location.pathname); // so that "back" does not send it again
  form.requestSubmit();
}
