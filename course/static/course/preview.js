// Only with TERRARIUM_PREVIEW=1: loads the page again when an author has saved something.
const script = document.querySelector("script[data-stamp]");

async function changed() {
  try {
    const answer = await fetch("/preview/stamp", { cache: "no-store" });
    return answer.ok && (await answer.text()) !== script.dataset.stamp;
  } catch {
    return false; // The server is restarting.
  }
}

setInterval(async () => {
  if (!document.hidden && (await changed())) location.reload();
}, 1000);
