// Elements, made from text nodes only: a name in the database never becomes markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

// Captions come from the program, with <sup>, <code> and <i> alone: those are made anew here.
export function typeset(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data];
    const inner = [...node.childNodes].flatMap(copy);
    const tag = node.nodeName.toLowerCase();
    return ["sup", "sub", "code", "i", "b"].includes(tag) ? [h(tag, {}, ...inner)] : inner;
  };
  return [...parsed.body.childNodes].flatMap(copy);
}

const MINUS = "\u2212";
const SUPERSCRIPT = { "-": "\u207b", ..."⁰¹²³⁴⁵⁶⁷⁸⁹".split("") };

// 3 significant digits; powers of ten as 1.2 × 10⁻⁷; what is no number stays a word.
export function number(value, digits = 3) {
  if (value == null) return "–";
  if (typeof value === "string") return value === "NaN" ? "not finite" : value;
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 1e6) return value.toLocaleString("en").replace("-", MINUS);
  if (magnitude >= 1e-3 && magnitude < 1e5) return String(Number(value.toPrecision(digits))).replace("-", MINUS);
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const raised = String(Number(power)).split("").map((each) => SUPERSCRIPT[each]).join("");
  return `${String(Number(mantissa)).replace("-", MINUS)} × 10${raised}`;
}

export function percent(value) {
  return value == null ? "–" : `${(100 * value).toFixed(1)} %`;
}

export function table(answer, attributes = {}) {
  const cells = (row) => row.map((value) => h("td", { class: typeof value === "number" ? "number" : null }, number(value, 5)));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", attributes,
      h("thead", {}, h("tr", {}, ...answer.columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...answer.rows.map((row) => h("tr", {}, ...cells(row))))));
}

export function sql(statements) {
  const text = statements.join("\n");
  const copied = h("span", { role: "status" });
  const button = h("button", {
    type: "button",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text);
        copied.textContent = "copied";
      } catch {
        copied.textContent = "this browser does not let a page copy: select the text";
      }
    },
  }, "Copy");
  return h("details", { class: "sql" }, h("summary", {}, "This as SQL"),
    h("pre", { tabindex: "0" }, text), h("p", {}, button, " ", copied));
}
