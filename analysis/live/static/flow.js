// The map of layers and epochs: a table of coloured cells, walked through by arrow keys.

import { gradient, scaleOf } from "./colours.js";
import { fill, h, number, percent } from "./dom.js";

export const MAPS = {
  norm: { title: "Norm", what: "mean row norm", scale: "log", says: number },
  ratio: { title: "Ratio", what: "norm of the next layer over this one's", scale: "about", says: number },
  dead: { title: "Dead neurons", what: "neurons without any gradient", scale: "share", says: (value) => (value == null ? "–" : String(value)) },
  saturated: { title: "Saturated", what: "values with almost no slope", scale: "share", says: percent },
};
export const SORTS = { depth: "by depth", size: "smallest first", change: "most changed first" };

const NOT_CLOSED = "not closed yet";

function value(map, flow, place, column) {
  const found = flow[map][place][column];
  return map === "dead" && typeof found === "number" ? found / flow.layers[place].width : found;
}

const known = (found) => typeof found === "number";

function order(flow, map, sort, places) {
  const last = (place) => [...flow[map][place]].reverse().find(known);
  const first = (place) => flow[map][place].find(known);
  const change = (place) => Math.abs(Math.log((last(place) || 1e-300) / (first(place) || 1e-300)));
  const by = { depth: null, size: (place) => last(place) ?? Infinity, change: (place) => -change(place) || 0 }[sort];
  return by ? [...places].sort((a, b) => by(a) - by(b)) : places;
}

export class FlowMap {
  // `open` gets a layer and an epoch; `name` tells maps of several runs apart.
  constructor(open, name = "map") {
    Object.assign(this, { open, name, live: null, at: null });
    this.element = h("div", { class: "map" });
    this.element.addEventListener("keydown", (event) => this.walk(event));
    this.element.addEventListener("focusin", (event) => this.stand(event.target));
    this.element.addEventListener("click", (event) => {
      const cell = event.target.closest("[data-layer]");
      if (cell) this.open(cell.dataset.layer, cell.dataset.epoch);
    });
  }

  show(flow, { map = "norm", sort = "depth", filter = "", scales = null } = {}) {
    Object.assign(this, { flow, options: { map, sort, filter, scales } });
    const wanted = filter.toLowerCase();
    const places = flow.layers.map((_, place) => place).filter((place) => this.label(place).toLowerCase().includes(wanted));
    const parts = [["With weights", places.filter((place) => flow.layers[place].weights)],
      ["Activations and other layers", places.filter((place) => !flow.layers[place].weights)]];
    const focused = this.element.contains(document.activeElement) ? this.at : null;
    const scrolled = [...this.element.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
    this.rows = [];
    const shown = parts.filter(([, own]) => own.length && own.some((place) => this.has(place)));
    fill(this.element, ...shown.map(([title, own]) => this.part(title, order(flow, map, sort, own))),
      !shown.length && h("p", {}, filter ? `No layer's name has “${filter}” in it.` : "Nothing of the kind was recorded."),
      flow.left_out > 0 && h("p", { class: "note" }, `${flow.left_out} epochs between these are left out.`));
    this.element.querySelectorAll(".scroll").forEach((each, n) => (each.scrollLeft = scrolled[n] ?? each.scrollWidth));
    this.roving(focused);
  }

  has(place) {
    return this.flow[this.options.map][place].some((each) => each != null) || (this.options.map === "norm" && this.live);
  }

  label(place) {
    return `${this.flow.layers[place].layer} ${this.flow.layers[place].name}`;
  }

  part(title, places) {
    const { flow, options: { map, scales } } = this;
    const { scale: kind, what } = MAPS[map];
    const values = places.flatMap((place) => flow.epochs.map((_, column) => value(map, flow, place, column)));
    const scale = scales?.[title] ?? scaleOf(kind, values);
    const live = map === "norm" && this.live ? this.live : null;
    const epochs = [...flow.epochs, ...(live ? [live.epoch] : [])];
    const step = Math.ceil(epochs.length / 12);
    const head = h("tr", {}, h("th", { scope: "col" }, "layer"),
      ...epochs.map((epoch, n) => h("th", { scope: "col", class: live && n === flow.epochs.length ? "live" : null },
        n % step === 0 || n === epochs.length - 1 ? String(epoch) : h("span", { class: "unseen" }, String(epoch)))));
    const rows = places.map((place) => {
      const cells = flow.epochs.map((epoch, column) => this.cell(place, epoch, value(map, flow, place, column), flow[map][place][column], scale, flow.class[place][column]));
      if (live) {
        const found = live.norms.get(flow.layers[place].layer);
        cells.push(this.cell(place, live.epoch, found, found, scale, null, true));
      }
      this.rows.push(cells.map((each) => each.firstChild));
      return h("tr", {}, h("th", { scope: "row", title: this.label(place) },
        h("span", {}, this.label(place))), ...cells);
    });
    return h("section", { "aria-label": title },
      h("h3", {}, title, h("span", { class: "scale" }, number(scale.kind === "share" ? 0 : scale.low, 2),
        h("i", { style: { background: gradient(kind) } }), scale.kind === "share" ? "all" : number(scale.high, 2))),
      h("div", { class: "scroll" },
        h("table", { role: "grid", "aria-label": `${MAPS[map].title} by layer and epoch: ${what}. ${title}`, "aria-readonly": "true" },
          h("thead", {}, head), h("tbody", {}, ...rows))));
  }

  cell(place, epoch, shown, told, scale, kind, live = false) {
    const { map } = this.options;
    const { layer } = this.flow.layers[place];
    const mark = !known(shown) ? (shown == null ? "none" : "odd") : shown === 0 && scale.kind !== "share" ? "zero" : "";
    const says = told == null ? "not recorded" : MAPS[map].says(told);
    const words = [`layer ${this.label(place)}, epoch ${epoch}: ${MAPS[map].what} ${says}`, map === "ratio" && kind, live && NOT_CLOSED].filter(Boolean).join(", ");
    const classes = [mark, map === "ratio" && kind ? `class-${kind}` : "", live ? "live" : ""].filter(Boolean).join(" ");
    return h("td", { role: "gridcell" }, h("button", {
      type: "button", tabindex: "-1", class: classes || null, title: words, "aria-label": words,
      "data-layer": layer, "data-epoch": live ? null : epoch, id: `${this.name}-${layer}-${live ? "live" : epoch}`,
      style: mark ? null : { background: scale.of(shown) },
    }));
  }

  // One cell is in the order of tabs; arrow keys move among them.
  roving(to) {
    const cells = this.rows.flat();
    const found = cells.find((each) => each.id === to) ?? cells.find((each) => each.id === this.at) ?? this.rows[0]?.at(-1);
    if (!found) return;
    found.tabIndex = 0;
    this.at = found.id;
    if (to) found.focus({ preventScroll: true });
  }

  stand(cell) {
    if (!cell.dataset.layer) return;
    const before = document.getElementById(this.at);
    if (before) before.tabIndex = -1;
    cell.tabIndex = 0;
    this.at = cell.id;
  }

  walk(event) {
    const row = this.rows.findIndex((cells) => cells.includes(event.target));
    if (row < 0) return;
    const column = this.rows[row].indexOf(event.target);
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [row, 0], End: [row, this.rows[row].length - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    this.rows[to[0]]?.[to[1]]?.focus();
  }

  // The newest step of the epoch under way, as a column of its own.
  pulse(now) {
    this.live = now?.pulse && now.layers?.length
      ? { epoch: now.pulse.epoch, norms: new Map(now.layers.map((each) => [each.layer, each.norm])) } : null;
    if (this.flow) this.show(this.flow, this.options);
  }
}
