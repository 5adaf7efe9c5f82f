// Follows submissions until they are graded, then shows the page anew; gives times as the reader's clock has them.
"use strict";

const words = {
  queued: (step) => [`waiting, number ${step.position}`, `Number ${step.position} in the queue`],
  started: (step) => ["being graded", step.attempt > 1 ? `Being graded, try ${step.attempt} …` : "Being graded …"],
  cell: ({ cell, of }) => [
    `cell ${cell} of ${of}`,
    cell < of ? `Running cell ${cell} of ${of} …` : "Running the last cell, then the tests …",
  ],
  released: () => ["waiting", "The service restarts; grading begins anew in a moment."],
  regrade: () => ["waiting", "The course staff asked for a new grading."],
  delayed: () => ["waiting", "Grading failed, and not because of you. It will be tried again shortly."],
};
const ends = {
  graded: (step) => `${step.score} of ${step.max_score} points`,
  rejected: () => "not gradable",
  failed: () => "grading failed",
  superseded: () => "replaced by a newer one",
};
// Browsers allow few connections to a host at a time, and other tabs need some.
const most = 3;
const tryAgain = 5000;

// By the address of the events: the connection and the last step.
const followed = new Map();
const places = () => [...document.querySelectorAll("[data-events]")];
const placeOf = (url) => document.querySelector(`[data-events="${url}"]`);

function show(url) {
  const place = placeOf(url);
  const step = followed.get(url)?.step;
  if (!place || !step) return;
  const [short, long] = words[step.event](step);
  // A list has states; a submission's page has room for a sentence and a bar.
  const state = place.querySelector("[data-state]");
  if (state) {
    state.textContent = short;
    state.className = `state ${/cell|started/.test(step.event) ? "grading" : "waiting"}`;
    return;
  }
  place.querySelector("[data-say]").textContent = long;
  const progress = place.querySelector("progress");
  progress.removeAttribute("value");
  if (step.event === "cell") Object.assign(progress, { max: step.of, value: step.cell });
}

function stop(url) {
  followed.get(url)?.events.close();
  followed.delete(url);
}

function follow() {
  // Those that came first are graded first. A list that nobody looks at needs no connection.
  const isRest = document.hidden && document.querySelector(".submissions");
  const wanted = isRest ? [] : places().reverse().slice(0, most).map((place) => place.dataset.events);
  [...followed.keys()].filter((url) => !wanted.includes(url)).forEach(stop);
  for (const url of wanted) {
    if (followed.has(url)) {
      show(url);
      continue;
    }
    const events = new EventSource(url);
    followed.set(url, { events });
    const on = (kinds, act) => {
      for (const kind in kinds) events.addEventListener(kind, (event) => act(JSON.parse(event.data)));
    };
    on(words, (step) => {
      followed.get(url).step = step;
      show(url);
    });
    on(ends, (step) => {
      stop(url);
      const said = `${placeOf(url)?.dataset.name}: ${ends[step.event](step)}`;
      document.querySelector("[data-announce]").textContent = said;
      showAnew();
    });
    events.onerror = () => {
      // The browser comes back by itself unless a proxy answered in the service's place.
      if (events.readyState !== EventSource.CLOSED) return;
      stop(url);
      setTimeout(showAnew, tryAgain);
    };
  }
}

async function showAnew() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return; // To a sign-in: not ours to show.
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, main] = [document, page].map((of) => of.querySelector("#main"));
    const open = [...old.querySelectorAll("details[open]")].map(({ id }) => `#${id}`);
    // What has the focus is found again by where it leads or what it opens.
    const focus = document.activeElement;
    const again = focus.matches("summary")
      ? `#${focus.parentElement.id} > summary`
      : old.contains(focus) && `a[href="${focus.getAttribute("href")}"]`;
    old.replaceWith(main);
    document.title = page.title;
    for (const details of open) main.querySelector(details)?.setAttribute("open", "");
    if (again) (main.querySelector(again) ?? main).focus({ preventScroll: true });
    dress();
    follow();
  } catch {
    setTimeout(showAnew, tryAgain);
  }
}

function dress() {
  for (const time of document.querySelectorAll("main time")) {
    time.title = time.dateTime;
    time.textContent = new Date(time.dateTime).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  }
  // What scrolls must be reachable by keyboard; not every browser sees to it.
  for (const pre of document.querySelectorAll("main pre")) {
    if (pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight) pre.tabIndex = 0;
  }
}

document.addEventListener("toggle", dress, true);
document.addEventListener("visibilitychange", follow);
dress();
follow();
