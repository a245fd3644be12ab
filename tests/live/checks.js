// What is wrong with the page as it is shown: text of too little contrast, and controls without a name.
() => {
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const linear = (channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = parts(color).map((channel) => linear(channel / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };

  // WCAG 2.2, success criterion 1.4.3; figures are hidden from screen readers, and have a table.
  const pale = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement: element } = texts.currentNode;
    const apart = element.closest("svg, noscript, script, :disabled, [data-layer]");
    if (!data.trim() || apart || !element.checkVisibility()) continue;
    const both = [getComputedStyle(element).color, background(element)].map(luminance);
    const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (contrast < 4.5) pale.push(`${data.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
  }

  const named = (element) => element.getAttribute("aria-label") || element.textContent.trim()
    || element.labels?.[0]?.textContent.trim();
  const controls = "a, button, input, select, summary, [role=gridcell] > *";
  const nameless = [...document.querySelectorAll(controls)]
    .filter((element) => element.checkVisibility() && !named(element))
    .map((element) => element.outerHTML.slice(0, 80));
  return { pale, nameless };
}
