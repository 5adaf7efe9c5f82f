// Follows submissions that are not yet graded (server-sent events) and shows the page anew when they are.
"use strict";

const words = {
  queued: (step) => [`waiting, number ${step.position}`, `Number ${step.position} in the queue.`],
  started: (step) => ["being graded", step.attempt > 1 ? `Being graded, try ${step.attempt} …` : "Being graded …"],
  cell: (step) => [`cell ${step.cell} of ${step.of}`, `Running cell ${step.cell} of ${step.of} …`],
  released: () => ["waiting", "The service restarts; grading begins anew in a moment."],
  delayed: () => ["waiting", "Grading failed, and not because of you. It will be tried again shortly."],
};
const last = ["graded", "rejected", "failed"];

function show(place, step) {
  const [short, long] = words[step.event](step);
  // In the list the state is inside the element; on a submission's page it stands above it.
  const state = place.querySelector("[data-state]") ?? document.querySelector("[data-state]");
  state.textContent = short;
  state.className = `state ${step.event === "cell" || step.event === "started" ? "grading" : "waiting"}`;
  const say = place.querySelector("[data-say]");
  if (say) say.textContent = long;
  const progress = place.querySelector("[data-progress]");
  if (progress && step.event === "cell") {
    progress.max = step.of;
    progress.value = step.cell;
  }
}

async function showAnew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  follow();
}

const followed = new Map();

function follow() {
  const places = [...document.querySelectorAll("[data-events]")];
  // Browsers allow few connections to a host at a time, so of a long list only the newest are followed.
  for (const place of places.slice(0, 4)) {
    const url = place.dataset.events;
    followed.get(url)?.close();
    const events = new EventSource(url);
    followed.set(url, events);
    for (const kind of Object.keys(words)) {
      events.addEventListener(kind, (event) => show(place, JSON.parse(event.data)));
    }
    for (const kind of last) {
      events.addEventListener(kind, () => {
        events.close();
        followed.delete(url);
        showAnew();
      });
    }
  }
}

follow();
