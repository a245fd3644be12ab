// The way down: a layer of a run, a neuron of it, and its raw rows.

import { address, go } from "./address.js";
import { ask, Refusal } from "./asking.js";
import { fill, h, number, percent, sql, table } from "./dom.js";
import { View } from "./view.js";

const NEURONS = 200;

export class LayerView extends View {
  constructor(run, state) {
    super(h("div"));
    Object.assign(this, { run, state });
    this.crumbs = h("nav", { class: "crumbs", "aria-label": "Where you are" });
    this.epochs = h("p", { class: "controls" });
    this.figures = h("div");
    this.neuron = h("div");
    this.neurons = h("div");
    this.rows = h("div");
    fill(this.element, this.crumbs, this.epochs, this.neuron, this.figures,
      h("section", {}, h("h2", {}, "Neurons"), this.neurons), h("section", {}, h("h2", {}, "Raw rows"), this.rows));
  }

  async load() {
    const answer = await ask(`run/${this.run}`);
    this.answer = answer;
    this.completed = answer.completed_epoch;
    this.layer = answer.flow.layers.find((each) => String(each.layer) === this.state.layer);
    if (!this.layer) throw new Refusal(`Run ${this.run} has layers 1 to ${answer.flow.layers.length}: there is no layer ${this.state.layer}.`, 404);
    const about = { layer: this.state.layer };
    if (!this.charts.length) {
      this.course = this.drawn("layer_course", "Over the epochs", about);
      this.histogram = this.drawn("layer_histograms", "Histogram over the epochs", about);
      fill(this.figures, h("section", {}, h("h2", {}, `Layer ${this.layer.layer}, ${this.layer.name}`), this.course.element),
        h("section", {}, h("h2", {}, "Histogram"), this.within = h("p", { class: "controls" }), this.histogram.element));
    }
    await this.change(this.state);
  }

  drawn(name, heading, about) {
    return this.chart(`run/${this.run}`, name, { heading, about });
  }

  get epoch() {
    return this.state.epoch || String(Math.max(1, this.completed));
  }

  async change(state) {
    this.state = state;
    const { layer, neuron } = state;
    const crumb = (text, changes) => h("a", { href: address({ ...state, ...changes }) }, text);
    const nothing = { layer: "", neuron: "", epoch: "", step: "", row: "" };
    fill(this.crumbs, crumb(`Run ${this.run}, ${this.answer.experiment}`, nothing), " › ",
      crumb(`layer ${layer}, ${this.layer.name}`, { ...nothing, layer }), neuron && [" › ", `neuron ${neuron}`]);
    fill(this.epochs, h("label", {}, "Epoch ", h("select", { id: "epoch", onchange: (event) => go({ epoch: event.target.value, row: "" }, { replace: true }) },
      ...this.answer.flow.epochs.map((each) => h("option", { value: each, selected: String(each) === this.epoch }, String(each))))));
    fill(this.within, h("label", {}, h("input", {
      type: "checkbox", id: "within", checked: this.split, onchange: (event) => {
        this.split = event.target.checked;
        this.histogram.change(this.of());
      },
    }), ` within epoch ${this.epoch}, step by step`));
    this.histogram.change(this.of());
    if (neuron && (!this.ofNeuron || this.ofNeuron.about.neuron !== neuron)) {
      this.ofNeuron?.destroy();
      this.ofNeuron = this.drawn("neuron_course", `Neuron ${neuron}`, { layer, neuron });
      fill(this.neuron, h("section", {}, h("h2", {}, `Neuron ${neuron}`), this.ofNeuron.element));
    } else if (!neuron) fill(this.neuron);
    await Promise.all([this.listNeurons(), this.listRows()]);
  }

  of() {
    return this.split ? { layer: this.state.layer, epoch: this.epoch } : { layer: this.state.layer };
  }

  async listNeurons() {
    if (!this.completed) return fill(this.neurons, h("p", {}, "They are summed up when the first epoch is complete."));
    const answer = await ask(`run/${this.run}/layer/${this.state.layer}/neurons`, { epoch: this.epoch });
    if (!answer.rows.length) return fill(this.neurons, h("p", {}, "Its neurons were not recorded in this epoch."));
    const rows = answer.rows.slice(0, NEURONS).map(([neuron, mean, cells, zeros, dead, saturated]) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: address({ ...this.state, neuron }) }, String(neuron))),
      h("td", { class: "number" }, number(mean)), h("td", { class: "number" }, cells ? percent(zeros / cells) : "–"),
      h("td", {}, dead ? "dead" : ""), h("td", { class: "number" }, saturated == null ? "–" : percent(saturated))));
    const heads = ["neuron", "mean magnitude", "zeros", "", "saturated"];
    return fill(this.neurons, h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Neurons" }, h("table", {},
      h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rows))),
    answer.rows.length > NEURONS && h("p", { class: "note" }, `The first ${NEURONS} of ${answer.rows.length}; the SQL gives all.`), sql(answer.sql));
  }

  async listRows() {
    const place = { epoch: this.epoch, step: this.state.step, row: this.state.row };
    const answer = await ask(`run/${this.run}/layer/${this.state.layer}/rows`, place);
    const move = (changes) => go(changes, { replace: true });
    const field = (name, text, usual) => h("label", {}, `${text} `, h("input", {
      id: name, type: "number", min: name === "row" ? "0" : "1", value: this.state[name] || usual, inputmode: "numeric",
      onchange: (event) => move(name === "step" ? { step: event.target.value, row: "" } : { [name]: event.target.value }),
    }));
    const had = document.activeElement?.id;
    fill(this.rows, h("p", { class: "controls" }, field("step", "Step", 1), field("row", "From row", 0),
      answer.next && h("button", { type: "button", id: "next", onclick: () => move({ row: String(answer.next) }) }, "Next rows")),
    answer.left_out ? h("p", {}, answer.left_out) : [table(answer), answer.note && h("p", { class: "note" }, `Of each row ${answer.note}.`), sql(answer.sql)]);
    if (["step", "row", "next"].includes(had)) document.getElementById(had)?.focus();
  }

  async tick(now) {
    if (now.completed_epoch === this.completed) return;
    const answer = await ask(`run/${this.run}`);
    const first = !this.completed;
    Object.assign(this, { answer, completed: answer.completed_epoch });
    this.repaint();
    if (first || !this.state.epoch) await this.change(this.state);
  }
}
