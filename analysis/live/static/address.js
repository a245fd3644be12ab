// All state of the page is its address: /?runs=7,3&layer=5&epoch=4&tab=flow&theme=dark.

const KNOWN = ["tab", "runs", "layer", "neuron", "epoch", "step", "row", "map", "sort", "filter", "theme", "keys"];

export function read() {
  const given = new URLSearchParams(location.search);
  const state = Object.fromEntries(KNOWN.filter((name) => given.get(name)).map((name) => [name, given.get(name)]));
  return { tab: "run", map: "norm", sort: "depth", ...state };
}

const USUAL = { tab: "run", map: "norm", sort: "depth" };

export function address(state) {
  const kept = KNOWN.filter((name) => state[name] && state[name] !== USUAL[name]).map((name) => [name, state[name]]);
  const query = new URLSearchParams(kept).toString().replaceAll("%2C", ",");
  return query ? `/?${query}` : "/";
}

// A place gets an entry in the history, with the scroll position and the focus to come back to;
// scrubbing replaces the entry.
export function go(changes, { replace = false } = {}) {
  const state = { ...read(), ...changes };
  const to = address(state);
  if (to === location.pathname + location.search) return;
  remember();
  history[replace ? "replaceState" : "pushState"](null, "", to);
  dispatchEvent(new CustomEvent("place", { detail: { replace } }));
}

export function remember() {
  const focus = document.activeElement?.id || null;
  history.replaceState({ scroll: scrollY, focus }, "", location.href);
}

export const runs = (state = read()) => (state.runs ?? "").split(",").filter(Boolean);
