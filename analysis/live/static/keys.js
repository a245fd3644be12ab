// Keys for all of the page; none acts within a field, and they can be switched off (WCAG 2.1.4).

import { go, read, runs } from "./address.js";
import { fill, h } from "./dom.js";

export const KEYS = [
  ["j, k", "the next, the previous run"], ["[, ]", "the epoch before, the epoch after"], ["arrows", "cell by cell through a map"],
  ["Enter", "down: open a layer"], ["Esc", "up: neuron, layer, run, list"], ["r", "the list of runs"], ["c", "compare the chosen runs"],
  ["g", "the diagnosis"], ["/", "the filter"], ["d", "dark or light"], ["?", "this list"],
];

export function listen({ known, theme, epochs }) {
  const dialog = document.getElementById("keys");
  const off = () => read().keys === "off";
  const show = () => {
    fill(dialog, h("h2", { id: "keys-title" }, "Keys"),
      h("dl", {}, ...KEYS.flatMap(([key, does]) => [h("dt", {}, key), h("dd", {}, does)])),
      h("p", {}, h("label", {}, h("input", { type: "checkbox", id: "keys-on", checked: !off(), onchange: (event) => go({ keys: event.target.checked ? "" : "off" }, { replace: true }) }), " single keys act")),
      h("p", {}, h("button", { type: "button", onclick: () => dialog.close() }, "Close")));
    dialog.showModal();
  };
  document.getElementById("help").addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const field = event.target.closest?.("input:not([type=checkbox]), select, textarea");
    if (field) {
      if (event.key === "Escape") field.blur();
      return;
    }
    if (off() && event.key !== "Escape") return;
    const state = read();
    const act = {
      j: () => other(known(), state, 1), k: () => other(known(), state, -1),
      "[": () => epoch(epochs(), state, -1), "]": () => epoch(epochs(), state, 1),
      Escape: () => up(state), r: () => go({ tab: "runs", layer: "", neuron: "" }), g: () => go({ tab: "diagnosis", layer: "", neuron: "" }),
      c: () => runs(state).length > 1 && go({ tab: "compare", layer: "", neuron: "" }),
      "/": () => document.getElementById("filter")?.focus(), d: theme, "?": show,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function other(known, state, by) {
  const at = known.indexOf(Number(runs(state)[0] ?? known.at(-1)));
  const to = known[at + by];
  if (to !== undefined) go({ runs: String(to), layer: "", neuron: "", epoch: "", step: "", row: "" });
}

function epoch(epochs, state, by) {
  if (!state.layer || !epochs.length) return;
  const at = state.epoch ? epochs.indexOf(Number(state.epoch)) : epochs.length - 1;
  const to = epochs[at + by];
  if (to !== undefined) go({ epoch: String(to), row: "" }, { replace: true });
}

function up(state) {
  if (state.tab !== "run") go({ tab: "run" });
  else if (state.neuron) go({ neuron: "" });
  else if (state.layer) go({ layer: "", epoch: "", step: "", row: "" });
  else go({ tab: "runs" });
}
