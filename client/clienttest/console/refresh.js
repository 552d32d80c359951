// This script updates the parts of the page that change, every two seconds while the page is visible.
"use strict";
const box = document.getElementById("refresh");
box.parentElement.hidden = false;
async function refresh() {
  if (!box.checked || document.hidden) return;
  try {
    const response = await fetch("/", { cache: "no-store" });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const open = [...part.querySelectorAll("details[open]")].map((d) => d.id);
      const replacement = fresh.getElementById(part.id);
      if (!replacement) continue;
      part.replaceChildren(...replacement.childNodes);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    }
  } catch { /* the fake has stopped */ }
}
setInterval(refresh, 2000);
