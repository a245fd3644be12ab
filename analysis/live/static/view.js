// What the views of the page have in common: an element, charts, and what happens to both.

import { Chart } from "./charts.js";

// A view has `load`, which asks for what it shows, and may have `change`, for a new state of the address.
export class View {
  constructor(element) {
    Object.assign(this, { element, charts: [], completed: null });
  }

  chart(of, name, options) {
    const chart = new Chart(of, name, options);
    this.charts.push(chart);
    return chart;
  }

  change() {}

  async tick() {}

  repaint() {
    for (const chart of this.charts) chart.refresh();
  }

  clear() {
    for (const chart of this.charts) chart.destroy();
    this.charts = [];
  }

  destroy() {
    this.clear();
  }
}
