// The whole diagnosis of a run, judged anew at each epoch; layers that it names are links.

import { address, read } from "./address.js";
import { ask } from "./asking.js";
import { fill, h } from "./dom.js";
import { View } from "./view.js";

// By words of a sentence, the figure that shows what it speaks of; the first that fits.
const SHOWN = [
  [/dead/i, "dead_neurons", "Dead neurons"], [/saturat/i, "saturated_neurons", "Saturated neurons"],
  [/step changes|learning rate|changes weights/i, "update_ratio", "Update-to-weight ratio"],
  [/noise|batch to batch/i, "noise_scale", "Gradient noise scale"],
  [/gradient|norm|vanish|explod/i, "norm_grid", "Norms as a map"], [/loss|accuracy/i, "accuracy_and_loss", "Accuracy and loss"],
];

export class DiagnosisView extends View {
  constructor(run) {
    super(h("section", { "aria-label": "Diagnosis" }));
    this.run = run;
  }

  async load() {
    const found = await ask(`run/${this.run}/diagnosis`);
    this.completed = found.judged;
    this.clear();
    const of = found.epochs ? ` of ${found.epochs}` : "";
    fill(this.element, h("h2", {}, `Diagnosis of run ${this.run}`),
      h("p", { class: "note" }, found.kind === "unjudged" ? found.finding : `Judged after ${found.judged}${of} epochs, anew at each.`),
      ...found.lines.map((line, n) => this.line(line, n, found.kind)));
  }

  line(text, place, kind) {
    const point = /^(- |\d\. )/.exec(text);
    const shown = SHOWN.find(([words]) => words.test(text));
    const inside = h("div");
    const figure = shown && place > 1 && text.startsWith("- ") && h("button", {
      type: "button", class: "small", "aria-expanded": "false", onclick: (event) => {
        if (inside.childElementCount) return;
        event.target.setAttribute("aria-expanded", "true");
        fill(inside, this.chart(`run/${this.run}`, shown[1], { heading: shown[2] }).element);
      },
    }, `Show: ${shown[2].toLowerCase()}`);
    const classes = place === 1 ? `finding ${kind}` : point ? "point" : null;
    return h("div", { class: classes }, ...this.linked(text), figure && [" ", figure], inside);
  }

  linked(text) {
    const pieces = text.split(/(\blayers? \d+(?:(?:, | and |\u2013)\d+)*|`[^`]+`)/);
    const link = (words, layer) => h("a", { href: address({ tab: "run", runs: this.run, layer, theme: read().theme }) }, words);
    return pieces.flatMap((piece) => {
      if (piece.startsWith("`")) return h("code", {}, piece.slice(1, -1));
      if (!/^layers? \d/.test(piece)) return piece;
      return piece.split(/(\d+)/).map((part, n) => (n % 2 ? link(part, part) : part));
    });
  }

  async tick(now) {
    if (this.completed !== null && now.completed_epoch !== this.completed) await this.load();
  }
}
