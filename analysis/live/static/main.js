// The page: its place is its address; a view shows the place, and the polling tells it what is new.

import { address, go, read, remember, runs } from "./address.js";
import { Polling, Refusal } from "./asking.js";
import { drawFigures, theme as shown } from "./charts.js";
import { CompareView } from "./compare.js";
import { DiagnosisView } from "./diagnosis.js";
import { fill, h } from "./dom.js";
import { listen } from "./keys.js";
import { LayerView } from "./layer.js";
import { RunView } from "./run.js";
import { MOST, RunsView } from "./runs.js";
import { SeedsView } from "./seeds.js";

const TABS = { run: "Run", runs: "Runs", compare: "Compare", diagnosis: "Diagnosis" };
const EMPTY = "make train EXP=sigmoid_sgd";

const main = document.getElementById("main");
const banner = document.getElementById("banner");
const spoken = document.getElementById("spoken");
let view = null, shownPlace = null, newest = null, known = [], lostSince = null, last = { said: null };

const run = (state) => runs(state)[0] ?? (newest === null ? null : String(newest));

function make(state) {
  if (state.tab === "runs") return new RunsView();
  if (state.tab === "compare") return new (runs(state).length > MOST ? SeedsView : CompareView)(runs(state));
  if (state.tab === "diagnosis") return new DiagnosisView(run(state));
  return state.layer ? new LayerView(run(state), state) : new RunView(run(state), state);
}

// What a view is made for; a change of anything else is for the view itself.
const place = (state) => JSON.stringify([state.tab, state.tab === "compare" ? runs(state) : state.tab === "runs" ? null : run(state), state.tab === "run" && state.layer]);

async function show({ back = false } = {}) {
  const state = read();
  paint(state);
  tabs(state);
  const wanted = place(state);
  try {
    if (wanted === shownPlace && view) await view.change(state);
    else await mount(state, wanted);
  } catch (error) {
    refuse(error);
  }
  if (back) {
    scrollTo(0, history.state?.scroll ?? 0);
    if (history.state?.focus) document.getElementById(history.state.focus)?.focus({ preventScroll: true });
  }
}

async function mount(state, wanted) {
  view?.destroy();
  view = null;
  shownPlace = wanted;
  document.title = `${TABS[state.tab] ?? "Run"} ${state.tab === "runs" || state.tab === "compare" ? "" : run(state) ?? ""} · gradients, live`;
  if (run(state) === null && state.tab !== "runs") {
    fill(main, h("h1", { class: "unseen" }, "Gradients, live"), h("p", { class: "empty" }, "No run is recorded yet. In a terminal: ", h("code", {}, EMPTY),
      "; this page shows it as soon as it begins."));
    return;
  }
  const made = make(state);
  view = made;
  fill(main, h("h1", { class: "unseen" }, document.title), made.element);
  try {
    await made.load();
  } finally {
    drawFigures();
  }
}

function refuse(error) {
  if (!(error instanceof Refusal)) throw error;
  if (error.status === 0 || error.status === 503) return lose(error.message);
  shownPlace = null;
  view?.destroy();
  view = null;
  fill(main, h("p", { class: "empty", role: "alert" }, error.message, " ", h("a", { href: address({ tab: "runs", theme: read().theme }) }, "All runs")));
  return null;
}

function tabs(state) {
  fill(document.getElementById("tabs"), ...Object.entries(TABS).map(([tab, text]) => h("a", {
    href: address({ ...state, tab, layer: "", neuron: "", epoch: "", step: "", row: "", filter: "" }),
    "aria-current": state.tab === tab ? "page" : null,
  }, text)));
}

function paint(state) {
  const dark = state.theme ? state.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const before = shown();
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.getElementById("theme").textContent = dark ? "Light" : "Dark";
  if (before !== shown()) view?.repaint();
}

function lose(sentence) {
  lostSince ??= new Date();
  const at = lostSince.toLocaleTimeString([], { hour12: false });
  banner.textContent = `${sentence}: no answer since ${at}, trying again.`;
  banner.hidden = false;
  document.body.classList.add("lost");
}

async function tick(answer) {
  const back = lostSince !== null;
  lostSince = null;
  banner.hidden = true;
  document.body.classList.remove("lost");
  if (answer.refused) return;
  const another = newest !== answer.newest && !runs().length; // without a run in its address, it follows the newest
  newest = answer.newest;
  known = answer.known ?? known;
  const state = read();
  const gone = runs(state).filter((id) => answer.runs[id] === null);
  if (gone.length) return remove(gone);
  if (another || (back && !view)) await show();
  const now = answer.runs[run(read())];
  if (!view || (!now && read().tab !== "runs")) return;
  if (view.run !== undefined && view.run !== run(read())) return;
  if (back) view.repaint();
  await view.tick(now, answer);
  if (now) speak(now);
}

// Spoken at most once an epoch, or when its state changes.
function speak(now) {
  const said = JSON.stringify([now.status, now.lost, now.completed_epoch]);
  if (said === last.said) return;
  last = { said };
  spoken.textContent = now.sentence;
}

function remove(gone) {
  const left = runs().filter((id) => !gone.includes(id));
  const message = `Run ${gone.join(", ")} was removed, or never was.`;
  go(left.length ? { runs: left.join(",") } : { runs: "", tab: "runs", layer: "", neuron: "" }, { replace: true });
  banner.textContent = message;
  banner.hidden = false;
}

function theme() {
  go({ theme: shown() === "dark" ? "light" : "dark" }, { replace: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/?'], a[href='/']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  remember();
  history.pushState(null, "", link.href);
  dispatchEvent(new CustomEvent("place", { detail: { replace: false } }));
});
addEventListener("place", async (event) => {
  await show();
  if (!event.detail.replace) scrollTo(0, 0);
  polling.now();
});
addEventListener("popstate", async () => {
  await show({ back: true });
  polling.now();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(read()));
document.getElementById("theme").addEventListener("click", theme);
history.scrollRestoration = "manual";

const polling = new Polling(() => ({ runs: runs().slice(0, MOST).join(",") }), async (answer) => {
  try {
    await tick(answer);
  } catch (error) {
    refuse(error);
  }
}, lose);
listen({ known: () => known, theme, epochs: () => view?.answer?.flow.epochs ?? [] });
show().then(() => polling.now());
