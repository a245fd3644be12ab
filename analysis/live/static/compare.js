// Several runs: what differs first, then what came of each, then their maps on one scale, and figures.

import { address, read } from "./address.js";
import { ask } from "./asking.js";
import { scaleOf } from "./colours.js";
import { fill, h, sql } from "./dom.js";
import { FlowMap } from "./flow.js";
import { View } from "./view.js";

export class CompareView extends View {
  constructor(runs) {
    super(h("div"));
    this.runs = runs;
  }

  async load() {
    const answer = await ask("compare", { runs: this.runs.join(",") });
    const flows = await Promise.all(this.runs.map((run) => ask(`run/${run}`)));
    this.completed = flows.map((each) => each.completed_epoch).join();
    this.clear();
    for (const name of answer.figures) this.chart("compare", name, { about: { runs: this.runs.join(",") }, heading: name });
    const head = h("tr", {}, h("td"), ...answer.labels.map((label) => h("th", { scope: "col" }, label)));
    const rows = (lines) => lines.map(([name, texts]) => h("tr", {}, h("th", { scope: "row" }, name), ...texts.map((text) => h("td", {}, text))));
    const lined = (lines) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" }, h("table", {}, h("thead", {}, head.cloneNode(true)), h("tbody", {}, ...rows(lines))));
    fill(this.element,
      h("section", {}, h("h2", {}, "What differs"), answer.differences.length ? lined(answer.differences) : h("p", {}, "The runs have the same settings."),
        ...answer.notes.map((note) => h("p", { class: "note" }, note))),
      h("section", {}, h("h2", {}, "Results of the last epoch"), lined(answer.outcomes.map(([name, meaning, texts]) => [meaning ? `${name} (${meaning})` : name, texts]))),
      h("section", {}, h("h2", {}, "Norms by layer and epoch, on one scale"), ...this.maps(flows, answer.labels)),
      this.runs.length === 2 && this.difference(flows),
      h("section", {}, h("h2", {}, "Figures"), ...this.charts.map((chart) => chart.element), sql(answer.sql)));
  }

  maps(flows, labels) {
    const norms = (weights) => flows.flatMap(({ flow }) => flow.layers.flatMap((layer, place) => (layer.weights === weights ? flow.norm[place] : [])));
    const scales = { "With weights": scaleOf("log", norms(true)), "Activations and other layers": scaleOf("log", norms(false)) };
    return flows.map(({ flow, run_id: run }, n) => {
      const map = new FlowMap((layer, epoch) => open(run, layer, epoch), `map-${run}`);
      map.show(flow, { scales });
      return h("div", {}, h("h3", {}, labels[n]), map.element);
    });
  }

  // Norm of the second over norm of the first, where both have the layer and the epoch.
  difference(flows) {
    const [first, second] = flows.map((each) => each.flow);
    const epochs = first.epochs.filter((epoch) => second.epochs.includes(epoch));
    const same = first.layers.length === second.layers.length && first.layers.every((layer, n) => layer.weights === second.layers[n].weights && layer.width === second.layers[n].width);
    if (!same || !epochs.length) return h("p", { class: "note" }, "The networks do not have the same layers, so there is no map of their differences.");
    const at = (flow, place, epoch) => flow.norm[place][flow.epochs.indexOf(epoch)];
    const ratio = first.layers.map((_, place) => epochs.map((epoch) => {
      const [one, other] = [at(first, place, epoch), at(second, place, epoch)];
      return typeof one === "number" && typeof other === "number" ? (one > 0 ? other / one : other > 0 ? "infinite" : "undefined") : null;
    }));
    const flow = { ...first, epochs, ratio, class: ratio.map((row) => row.map(() => null)), left_out: 0 };
    const map = new FlowMap((layer, epoch) => open(this.runs[1], layer, epoch), "map-difference");
    map.show(flow, { map: "ratio" });
    return h("section", {}, h("h2", {}, `Norms of run ${this.runs[1]} over those of run ${this.runs[0]}`), map.element);
  }

  async tick(now, answer) {
    const completed = this.runs.map((run) => answer.runs[run]?.completed_epoch).join();
    if (this.completed !== null && completed !== this.completed) await this.load();
  }
}

function open(run, layer, epoch) {
  location.href = address({ tab: "run", runs: String(run), layer, epoch, theme: read().theme });
}
