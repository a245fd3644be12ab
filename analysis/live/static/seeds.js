// More runs than can be laid over one another: a line an experiment, with a band over its seeds.

import { ask } from "./asking.js";
import { fill, h, number, percent } from "./dom.js";
import { View } from "./view.js";

const spread = (values, text) => (values ? `${text(values[1])} (${text(values[0])} to ${text(values[2])})` : "–");

export class SeedsView extends View {
  constructor(runs) {
    super(h("div"));
    Object.assign(this, { runs, digest: null });
  }

  async load() {
    const asked = { runs: this.runs.join(",") };
    const answer = await ask("compare", asked);
    this.clear();
    for (const name of answer.figures) this.chart("compare", name, { about: asked, heading: name });
    const heads = ["experiment", "seeds", "test accuracy", "test loss"];
    fill(this.element,
      h("section", {}, h("h2", {}, `${this.runs.length} runs, by experiment`),
        h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Experiments" }, h("table", {},
          h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, ...answer.groups.map((each) => h("tr", {}, h("th", { scope: "row" }, each.experiment), h("td", { class: "number" }, String(each.seeds)),
            h("td", { class: "number" }, spread(each.accuracy, percent)), h("td", { class: "number" }, spread(each.loss, number))))))),
        h("p", { class: "note" }, "Median (smallest to largest seed) of the last epoch."),
        ...answer.notes.map((note) => h("p", { class: "note" }, note))),
      h("section", {}, h("h2", {}, "Figures"), ...this.charts.map((chart) => chart.element)));
  }

  async tick(now, answer) {
    const changed = this.digest !== null && this.digest !== answer.digest;
    this.digest = answer.digest;
    if (changed) await this.load();
  }
}
