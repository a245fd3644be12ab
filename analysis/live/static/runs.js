// The list of runs: sorted, filtered, and chosen for a comparison.

import { address, go, read, runs } from "./address.js";
import { ask } from "./asking.js";
import { fill, h, number, percent, sql } from "./dom.js";
import { View } from "./view.js";

export const MOST = 8; // runs over one another; of more, bands over the seeds of each experiment
const MOST_OVER_SEEDS = 200, AT_ONCE = 200;
const COLUMNS = [
  ["run_id", "run"], ["experiment", "experiment"], ["dataset", "data set"], ["status", "status"], ["completed_epoch", "epochs"],
  ["loss", "loss"], ["test_accuracy", "accuracy"], ["finding", "finding"], ["started_at", "started, UTC"], ["gradient_rows", "rows"],
];
const NUMBERS = ["completed_epoch", "loss", "test_accuracy", "gradient_rows"];

export class RunsView extends View {
  constructor() {
    super(h("section", { "aria-label": "Runs" }));
    Object.assign(this, { all: [], by: "run_id", down: true, digest: null, shown: AT_ONCE });
    this.chosen = new Set(runs());
    this.filter = h("input", { id: "filter", type: "search", placeholder: "experiment, data set, status", autocomplete: "off",
      oninput: (event) => go({ filter: event.target.value }, { replace: true }) });
    this.compare = h("button", { type: "button", id: "compare", onclick: () => go({ tab: "compare", runs: [...this.chosen].join(",") }) });
    this.body = h("div");
    this.statements = h("div");
    fill(this.element, h("h2", {}, "Runs"),
      h("p", { class: "controls" }, h("label", {}, "Filter ", this.filter), this.compare), this.body, this.statements);
  }

  async load() {
    const answer = await ask("runs");
    this.all = answer.runs;
    fill(this.statements, sql(answer.sql));
    this.draw();
    this.judge();
  }

  // Findings are asked for one after the other, of the runs that are seen, and kept by the server.
  async judge() {
    const asked = (this.judging = (this.judging ?? 0) + 1);
    for (const row of this.listed().slice(0, 20)) {
      if (row.finding || asked !== this.judging || this.gone || document.hidden) continue;
      const found = await ask(`run/${row.run_id}/diagnosis`).catch(() => null);
      if (!found || this.gone) return;
      row.finding = found.finding;
      const cell = document.getElementById(`finding-${row.run_id}`);
      if (cell) cell.textContent = found.finding;
    }
  }

  listed() {
    const wanted = (read().filter ?? "").toLowerCase();
    const text = (run) => [run.run_id, run.experiment, run.dataset, run.status, run.source].join(" ").toLowerCase();
    const value = (run) => (run[this.by] === "NaN" ? null : run[this.by]);
    const compare = (a, b) => {
      const [left, right] = [value(a), value(b)];
      if (left == null || right == null) return (left == null) - (right == null);
      return (left < right ? -1 : left > right ? 1 : 0) * (this.down ? -1 : 1) || b.run_id - a.run_id;
    };
    return this.all.filter((run) => text(run).includes(wanted)).sort(compare);
  }

  draw() {
    const state = read();
    if (this.filter !== document.activeElement) this.filter.value = state.filter ?? "";
    this.count();
    if (!this.all.length) {
      fill(this.body, h("p", {}, "No run is recorded yet. In a terminal: ", h("code", {}, "make train EXP=sigmoid_sgd")));
      return;
    }
    const listed = this.listed();
    const heads = COLUMNS.map(([name, title]) => h("th", { scope: "col", class: NUMBERS.includes(name) ? "number" : null, "aria-sort": name === this.by ? (this.down ? "descending" : "ascending") : null },
      h("button", { type: "button", id: `by-${name}`, onclick: () => this.sort(name) }, title, name === this.by ? (this.down ? " ▾" : " ▴") : "")));
    const had = document.activeElement?.id;
    fill(this.body, h("div", { class: "scroll" }, h("table", { class: "runs" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, this.whole(listed)), ...heads)),
      h("tbody", {}, ...listed.slice(0, this.shown).map((run) => this.row(run))))),
    listed.length > this.shown && h("button", { type: "button", onclick: () => { this.shown += AT_ONCE; this.draw(); } }, `Show ${AT_ONCE} more of ${listed.length}`),
    !listed.length && h("p", {}, `No run has “${state.filter}” in its name, data set or status.`));
    if (had) document.getElementById(had)?.focus({ preventScroll: true });
  }

  row(run) {
    const id = String(run.run_id);
    const epochs = run.epochs == null ? run.completed_epoch : `${run.completed_epoch} of ${run.epochs}`;
    const accuracy = run.test_accuracy ?? run.accuracy;
    return h("tr", {},
      h("td", {}, h("input", { type: "checkbox", id: `choose-${id}`, "aria-label": `choose run ${id}`, checked: this.chosen.has(id), onchange: (event) => this.choose(id, event.target) })),
      h("th", { scope: "row" }, h("a", { href: address({ runs: id, tab: "run", theme: read().theme }) }, id)),
      h("td", {}, run.experiment, run.remedy_of != null && h("small", {}, ` a remedy of ${run.remedy_of}`)),
      h("td", {}, run.dataset ?? "–"), h("td", { class: run.lost ? "lost" : run.status }, run.lost ? "its process is gone" : run.status),
      h("td", { class: "number" }, String(epochs)), h("td", { class: "number" }, number(run.loss)), h("td", { class: "number" }, percent(accuracy)),
      h("td", { id: `finding-${id}`, class: "told" }, run.finding ?? ""), h("td", {}, run.started_at), h("td", { class: "number" }, number(run.gradient_rows)));
  }

  // A box for all runs that the filter leaves.
  whole(listed) {
    const ids = listed.map((run) => String(run.run_id));
    return h("input", { type: "checkbox", id: "choose-all", "aria-label": "choose all runs listed", checked: ids.length > 0 && ids.every((id) => this.chosen.has(id)),
      onchange: (event) => {
        for (const id of ids) this.mark(id, event.target.checked);
        this.draw();
      } });
  }

  mark(id, wanted) {
    if (!wanted) this.chosen.delete(id);
    else if (this.chosen.size < MOST_OVER_SEEDS) this.chosen.add(id);
  }

  choose(id, box) {
    this.mark(id, box.checked);
    box.checked = this.chosen.has(id);
    this.count();
  }

  count() {
    const many = this.chosen.size > MOST ? ", as bands over seeds" : "";
    this.compare.textContent = `Compare ${this.chosen.size} runs${many}${this.chosen.size === MOST_OVER_SEEDS ? ", the most" : ""}`;
    this.compare.disabled = this.chosen.size < 2;
  }

  sort(name) {
    this.down = name === this.by ? !this.down : !["experiment", "dataset", "status"].includes(name);
    this.by = name;
    this.draw();
    this.judge();
  }

  change() {
    this.draw();
  }

  async tick(now, answer) {
    if (answer.digest === this.digest) return;
    const first = this.digest === null;
    this.digest = answer.digest;
    if (!first) await this.load();
  }

  destroy() {
    super.destroy();
    this.gone = true;
  }
}
