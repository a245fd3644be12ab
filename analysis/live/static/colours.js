// Colours of a map's cells: viridis for magnitudes, purple to orange about 1 for ratios, vermilion for shares.

const SCALES = {
  log: ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"],
  about: ["#2d004b", "#542788", "#8073ac", "#b2abd2", "#d8daeb", "#f7f7f7", "#fee0b6", "#fdb863", "#e08214", "#b35806", "#7f3b08"],
  share: ["#fbf1ec", "#f6cdb4", "#e59470", "#d55e00", "#8f3a00", "#4a1f00"],
};

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function shade(scale, part) {
  const colours = SCALES[scale];
  const at = Math.min(1, Math.max(0, part)) * (colours.length - 1);
  const low = Math.min(Math.floor(at), colours.length - 2);
  const [from, to] = [channels(colours[low]), channels(colours[low + 1])];
  return `rgb(${from.map((each, n) => Math.round(each + (to[n] - each) * (at - low))).join(",")})`;
}

export const gradient = (scale) => `linear-gradient(to right, ${SCALES[scale].join(",")})`;

// A scale over values: `of` gives the colour of one, `low` and `high` are its ends.
export function scaleOf(kind, values) {
  const positive = values.filter((value) => typeof value === "number" && value > 0).map(Math.log10);
  if (kind === "share") return { kind, low: 0, high: 1, of: (value) => shade(kind, Math.sqrt(value)) };
  let [low, high] = positive.length ? [Math.min(...positive), Math.max(...positive)] : [-1, 0];
  if (high - low < 0.1) [low, high] = [low - 0.5, high + 0.5];
  if (kind === "about") {
    high = Math.max(Math.abs(low), Math.abs(high), 1);
    low = -high;
  }
  return { kind, low: 10 ** low, high: 10 ** high, of: (value) => shade(kind, (Math.log10(value) - low) / (high - low)) };
}
