// This script updates the parts of the page that change, every two seconds while the page is visible.
"use strict";
async function refresh() {
  if (document.hidden) return;
  try {
    const fresh = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      part.replaceChildren(...fresh.getElementById(part.id).childNodes);
    }
  } catch { /* the fake has stopped */ }
}
setInterval(refresh, 2000);
