// A run: where it is, its first finding, the map, the curves, dead and saturated neurons, and its figures.

import { address, go } from "./address.js";
import { ask } from "./asking.js";
import { fill, h, percent, sql } from "./dom.js";
import { FlowMap, MAPS, SORTS } from "./flow.js";
import { MOST } from "./runs.js";
import { View } from "./view.js";

const MOST_POINTS = 200;

function chooser(name, label, choices, chosen, change) {
  return h("label", {}, `${label} `, h("select", { id: name, onchange: (event) => change(event.target.value) },
    ...Object.entries(choices).map(([key, text]) => h("option", { value: key, selected: key === chosen }, text))));
}

export class RunView extends View {
  constructor(run, state) {
    super(h("div"));
    Object.assign(this, { run, state, points: [] });
    this.now = h("p", { class: "now", id: "now" });
    this.finding = h("p", { class: "finding unjudged" }, "The diagnosis …");
    this.remedies = h("p");
    this.warnings = h("ul", { class: "warnings", "aria-label": "Conspicuous just now" });
    this.map = new FlowMap((layer, epoch) => go({ layer, epoch: epoch ?? "" }));
    this.controls = h("p", { class: "controls" });
    this.statements = h("div");
    this.bars = h("div");
    this.curves = this.chart(`run/${run}`, "accuracy_and_loss", { heading: "Accuracy and loss", adorn: (data, layout) => this.adorn(data, layout) });
    this.others = h("div");
    fill(this.element,
      h("section", { class: "first", "aria-label": "How it goes" }, this.now, this.finding, this.remedies, this.warnings),
      h("section", { "aria-label": "Flow of gradients" }, h("h2", {}, "Layers and epochs"), this.controls, this.map.element, this.statements),
      h("section", {}, h("h2", {}, "Accuracy and loss"), this.curves.element),
      h("section", {}, h("h2", {}, "Dead and saturated neurons"), this.bars),
      h("section", {}, h("h2", {}, "Figures"), this.others));
    this.control();
  }

  async load() {
    const answer = await ask(`run/${this.run}`);
    this.answer = answer;
    this.completed = answer.completed_epoch;
    fill(this.now, answer.sentence);
    this.listRemedies();
    this.draw();
    this.drawBars();
    if (!this.others.childElementCount) this.list(answer.figures);
    this.judge();
  }

  listRemedies() {
    const { remedies, remedy_of: of } = this.answer;
    const to = (run, text) => h("a", { href: address({ runs: String(run), theme: this.state.theme }) }, text);
    const all = [this.run, ...remedies.map((each) => each.run_id)].slice(0, MOST).join(",");
    fill(this.remedies,
      of != null && ["It tries a remedy of ", to(of, `run ${of}`), ". "],
      remedies.length > 0 && ["Remedies tried: ", ...remedies.flatMap((each, n) => [n ? "; " : "", to(each.run_id, `run ${each.run_id}, ${each.experiment}`), ` (${each.status}, ${percent(each.accuracy)} right)`]),
        ". ", h("a", { href: address({ tab: "compare", runs: all, theme: this.state.theme }) }, "Compare them")]);
  }

  async judge() {
    const found = await ask(`run/${this.run}/diagnosis`);
    this.finding.className = `finding ${found.kind}`;
    const of = found.epochs ? ` of ${found.epochs}` : "";
    const told = found.kind === "unjudged" ? "" : ` (judged after ${found.judged}${of} epochs)`;
    fill(this.finding, found.finding, found.lines.length > 0 && [told, " ",
      h("a", { href: `/?runs=${this.run}&tab=diagnosis` }, "The whole diagnosis")]);
  }

  draw() {
    const { map, sort, filter } = this.state;
    if (!this.answer) return;
    if (!this.answer.flow.layers.length) {
      fill(this.map.element, h("p", {}, "No layer of it is registered yet."));
      return;
    }
    this.map.show(this.answer.flow, { map: MAPS[map] ? map : "norm", sort: SORTS[sort] ? sort : "depth", filter });
    if (!this.answer.flow.epochs.length && !this.map.live) {
      fill(this.map.element, h("p", {}, "The map begins when the first epoch is complete."));
    }
    fill(this.statements, sql([`${this.answer.flow.sql[MAPS[map] ? map : "norm"]};`]));
  }

  control() {
    const titles = Object.fromEntries(Object.entries(MAPS).map(([key, each]) => [key, each.title]));
    const change = (name) => (value) => go({ [name]: value }, { replace: true });
    fill(this.controls,
      chooser("map", "Show", titles, this.state.map, change("map")),
      chooser("sort", "Order", SORTS, this.state.sort, change("sort")),
      h("label", {}, "Filter ", h("input", {
        id: "filter", type: "search", value: this.state.filter ?? "", placeholder: "name of a layer", autocomplete: "off",
        oninput: (event) => change("filter")(event.target.value),
      })));
  }

  drawBars() {
    const { flow } = this.answer;
    const rows = flow.layers.map((layer, place) => {
      const dead = flow.dead[place].at(-1);
      const saturated = flow.saturated[place].at(-1);
      if (dead == null && saturated == null) return null;
      const bar = (share, kind) => h("span", { class: `bar ${kind}` }, h("i", { style: { width: `${100 * share}%` } }));
      return h("tr", {},
        h("th", { scope: "row" }, h("a", { href: `/?runs=${this.run}&layer=${layer.layer}` }, `${layer.layer} ${layer.name}`)),
        h("td", {}, dead == null ? "–" : [bar(dead / layer.width, "dead"), ` ${dead} of ${layer.width}`]),
        h("td", {}, saturated == null ? "–" : [bar(saturated, "saturated"), ` ${(100 * saturated).toFixed(1)} %`]));
    });
    fill(this.bars, rows.some(Boolean)
      ? h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Dead and saturated neurons" }, h("table", { class: "bars" }, h("thead", {}, h("tr", {},
        ...["layer", "dead neurons", "saturated values"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rows.filter(Boolean))))
      : h("p", {}, flow.epochs.length ? "Its neurons were not recorded." : "They are counted when the first epoch is complete."));
  }

  list(figures) {
    for (const [name, heading] of Object.entries(figures)) {
      if (name === "accuracy_and_loss") continue;
      const inside = h("div");
      let chart = null;
      this.others.append(h("details", {
        ontoggle: (event) => {
          if (!event.target.open || chart) return;
          chart = this.chart(`run/${this.run}`, name, { heading });
          fill(inside, chart.element);
        },
      }, h("summary", {}, heading), inside));
    }
  }

  // The epoch under way, hollow: it is not closed yet.
  adorn(data, layout) {
    const points = this.points.filter((each) => each.epoch > (this.completed ?? 0));
    for (const [metric, axis] of [["accuracy", ""], ["loss", "2"]]) {
      const own = points.filter((each) => typeof each[metric] === "number");
      if (!own.length || !layout[`yaxis${axis}`]) continue;
      data.push({
        type: "scatter", mode: "markers", name: "the epoch under way", showlegend: metric === "accuracy", legendgroup: "live",
        x: own.map((each) => each.epoch - 1 + each.part), y: own.map((each) => each[metric]), xaxis: `x${axis}`, yaxis: `y${axis}`,
        marker: { symbol: "circle-open", size: 6, color: layout.font.color }, hovertemplate: `%{y:.4g}: ${metric}, not closed yet<extra></extra>`,
      });
      const range = layout[`xaxis${axis}`].range;
      if (range) layout[`xaxis${axis}`].range = [range[0], Math.max(range[1], own.at(-1).epoch + 0.2)];
    }
  }

  async tick(now) {
    fill(this.now, now.sentence);
    fill(this.warnings, ...(now.warnings ?? []).map((each) => h("li", {}, `${each} `, h("em", {}, "(provisional)"))));
    const { pulse } = now;
    if (pulse && pulse.steps) {
      const point = { ...pulse, part: pulse.step / pulse.steps };
      const last = this.points.at(-1);
      if (!last || last.epoch !== point.epoch || last.step !== point.step) {
        this.points.push(point);
        this.points = this.points.filter((each) => each.epoch >= point.epoch - 1).slice(-MOST_POINTS);
        this.curves.touch();
      }
    }
    const closed = now.completed_epoch !== this.completed || (this.answer && now.status !== this.answer.status);
    if (closed) {
      await this.load();
      this.repaint();
    }
    this.map.pulse(now);
    if (!this.answer?.flow.epochs.length && !this.map.live) this.draw();
  }

  change(state) {
    this.state = state;
    for (const name of ["map", "sort", "filter"]) {
      const control = this.controls.querySelector(`#${name}`);
      if (control && control !== document.activeElement) control.value = state[name] ?? "";
    }
    this.draw();
  }
}
