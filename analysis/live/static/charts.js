// Plotly's figures: drawn once, then updated in place, so that zoom and selection stay.

import { ask, Refusal } from "./asking.js";
import { fill, h, sql, table, typeset } from "./dom.js";

let loading = null;
let begin = null;
const mayBegin = new Promise((resolve) => { begin = resolve; });

// Lets figures be drawn: before, sentence and map would wait for Plotly's script to be read.
export const drawFigures = () => begin();

function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = h("script", { src: document.body.dataset.plotly, onload: () => resolve(window.Plotly), onerror: reject });
    document.head.append(script);
  });
  return loading;
}

export const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) entry.target.chart.see();
}, { rootMargin: "300px" });

export class Chart {
  // `path` is run/7 or compare; `about` are layer, neuron and epoch; `adorn` may add to a figure.
  constructor(path, name, { heading = "", about = {}, adorn = null } = {}) {
    Object.assign(this, { path, name, about, adorn, visible: false, stale: true, drawn: null });
    this.plot = h("div", { class: "plot", "aria-hidden": "true" });
    this.said = h("p", { class: "caption" });
    this.more = h("div", { class: "more" });
    this.element = h("figure", { class: "chart", "aria-label": heading }, this.plot, h("figcaption", {}, this.said, this.more));
    this.element.chart = this;
    fill(this.said, "Drawing …");
    seen.observe(this.element);
  }

  async see() {
    this.visible = true;
    await mayBegin;
    if (this.stale) this.refresh();
  }

  change(about) {
    if (JSON.stringify(about) === JSON.stringify(this.about)) return;
    this.about = about;
    this.refresh();
  }

  async refresh() {
    this.stale = true;
    if (!this.visible || this.gone) return;
    this.stale = false;
    const asked = (this.asked = (this.asked ?? 0) + 1);
    try {
      const answer = await ask(`${this.path}/figure/${this.name}`, { ...this.about, theme: theme() });
      if (asked !== this.asked || this.gone) return;
      if (answer.left_out) return this.tell(answer.left_out);
      await this.show(answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 0 || error.status === 503) this.stale = true; // stays as it is, until the server is back
      else this.tell(error.message);
    }
  }

  tell(sentence) {
    this.clear();
    fill(this.said, sentence);
    fill(this.more);
  }

  async show(answer) {
    const Plotly = await plotly();
    if (this.gone) return;
    this.answer = answer;
    const { data, layout } = structuredClone(answer.figure);
    this.adorn?.(data, layout);
    layout.uirevision = JSON.stringify([this.name, this.about]);
    layout.autosize = true;
    const touch = matchMedia("(pointer: coarse)").matches;
    if (touch) layout.dragmode = false;
    const options = { responsive: true, displaylogo: false, displayModeBar: touch ? false : "hover", toImageButtonOptions: { filename: this.name, scale: 2 } };
    this.drawn = await Plotly.react(this.plot, data, layout, options);
    this.element.setAttribute("aria-label", `${answer.heading}: a figure; its rows are in the table below it`);
    fill(this.said, ...typeset(answer.caption));
    if (!this.more.childElementCount) this.offer();
    fill(this.statements, sql(answer.sql));
  }

  // What the adornment shows has changed: hollow points of the epoch under way.
  async touch() {
    if (this.answer && !this.gone) await this.show(this.answer);
  }

  offer() {
    const body = h("div");
    const rows = h("details", {
      ontoggle: async () => {
        if (!rows.open) return;
        try {
          const answer = await ask(`${this.path}/table/${this.name}`, this.about);
          fill(body, table(answer), answer.note && h("p", {}, answer.note));
        } catch (error) {
          fill(body, h("p", {}, error.message));
        }
      },
    }, h("summary", {}, "As a table"), body);
    this.statements = h("div");
    fill(this.more, rows, this.statements);
  }

  clear() {
    if (this.drawn) window.Plotly.purge(this.plot);
    this.drawn = this.answer = null;
    fill(this.plot);
  }

  destroy() {
    this.gone = true;
    seen.unobserve(this.element);
    this.clear();
  }
}
