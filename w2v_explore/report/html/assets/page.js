// What the page's script adds: tables that sort and filter, buttons that copy, and what each picture's script does.
// Without it everything is there to read.

// Bytes with a prefix, counts, and times; a number without any is itself.
const SCALES = { n: 1e-9, "\u00b5": 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };
const WORDS = { min: 60, h: 3600, d: 86400, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const LEAST_ROWS_TO_FILTER = 12;

// What a cell is sorted by: the number that it begins with, 0 for no change, or NaN.
function numberIn(text) {
  if (text === "=") return 0;
  const found = /^([+\u2212-]?)([\d,]*\.?\d+(?:e[+-]?\d+)?)\s*([^\s\d]*)/.exec(text.trim());
  if (!found) return NaN;
  const [, sign, digits, unit] = found;
  const isPrefixed = unit.length === 2 && /[sBH]/.test(unit[1]) || unit.length === 1 && /[kMGTP]/.test(unit);
  const scale = WORDS[unit] || (isPrefixed && SCALES[unit[0]]) || 1;
  return Number(digits.replaceAll(",", "")) * scale * (sign && sign !== "+" ? -1 : 1);
}

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// The rows of a tree say only their own names: sorted or filtered, each needs the names above it.
function namePaths(rows) {
  const above = [];
  for (const row of rows) {
    const cell = row.cells[0];
    const guide = cell.querySelector("i");
    const depth = guide ? guide.textContent.length / 2 : 0;
    above.length = depth;
    const name = cell.lastChild.textContent;
    above.push(name);
    cell.dataset.path = above.slice(1).join(".") || name;
  }
}

function showPaths(table, rows, isFlat) {
  if (!table.classList.contains("tree")) return;
  for (const { cells: [cell] } of rows) {
    if (!cell.dataset.tree) cell.dataset.tree = cell.lastChild.textContent;
    cell.lastChild.textContent = isFlat ? cell.dataset.path : cell.dataset.tree;
    const guide = cell.querySelector("i");
    if (guide) guide.hidden = isFlat;
  }
}

function improveTable(table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (rows.length < 2) return;
  const isTree = table.classList.contains("tree");
  if (isTree) namePaths(rows);
  let isSorted = false;
  let isFiltered = false;
  const update = () => showPaths(table, rows, isSorted || isFiltered);

  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    if (heading.tagName !== "TH") return;
    const button = make("button", { type: "button" }, ...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const isNumeric = heading.classList.contains("n") || heading.classList.contains("share");
      const ways = isNumeric ? ["descending", "ascending"] : ["ascending", "descending"];
      const way = ways[ways.indexOf(heading.getAttribute("aria-sort")) + 1];
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      isSorted = Boolean(way);
      if (way) heading.setAttribute("aria-sort", way);
      body.append(...(way ? sorted(rows, column, isNumeric, way === "descending" ? -1 : 1) : rows));
      update();
    });
  });

  if (rows.length < LEAST_ROWS_TO_FILTER) return;
  const input = make("input", { type: "search" });
  const count = make("span", { role: "status" });
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    isFiltered = words.length > 0;
    for (const row of rows) {
      const text = `${row.textContent} ${row.cells[0].dataset.path || ""}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = isFiltered ? `${shown} of ${rows.length} rows` : "";
    update();
  });
  const label = make("label", {}, "Filter", input);
  table.closest(".scroll").before(make("div", { className: "filter" }, label, count));
}

// What has no number, or no text, comes last either way.
function sorted(rows, column, isNumeric, direction) {
  const keys = new Map(rows.map((row) => {
    const cell = row.cells[column];
    const text = cell ? cell.dataset.path || cell.textContent : "";
    return [row, isNumeric ? numberIn(text) : text];
  }));
  const isNothing = (key) => (isNumeric ? Number.isNaN(key) : key === "");
  const compare = isNumeric ? (a, b) => a - b : (a, b) => a.localeCompare(b, "en", { numeric: true });
  return [...rows].sort((left, right) => {
    const [a, b] = [keys.get(left), keys.get(right)];
    if (isNothing(a) || isNothing(b)) return isNothing(a) - isNothing(b);
    return direction * compare(a, b);
  });
}

// A text of JSON with line breaks; parsing it would round what is beyond 2^53.
function indentJson(text) {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{[]|[}\]]|,\s*|:\s*/g, (token) => {
    if (token === "{" || token === "[") { depth += 1; return token + line(); }
    if (token === "}" || token === "]") { depth -= 1; return line() + token; }
    return token[0] === "," ? `,${line()}` : token;
  });
}

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

// What a button copies: the text of an element, or the result as JSON.
async function textToCopy(source) {
  return source.type === "application/deflate" ? indentJson(await inflate(source.textContent.trim())) : source.textContent;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A browser that has no clipboard for files takes what is selected.
    const area = make("textarea", { value: text, className: "hidden-words" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function improveButton(button) {
  const source = document.getElementById(button.dataset.copy);
  if (source.type === "application/deflate" && !("DecompressionStream" in window)) return;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await copy(await textToCopy(source));
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}

// A place that has nothing to scroll is no stop on the way through a page with the keyboard.
function watchScrolling(place) {
  const update = () => { place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1; };
  const observer = new ResizeObserver(update);
  [place, ...place.children].forEach((each) => observer.observe(each));
  update();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("main table:not(.ordered)").forEach(improveTable);
  document.querySelectorAll("button[data-copy]").forEach(improveButton);
  for (const place of document.querySelectorAll("[data-script]")) {
    const data = place.querySelector('script[type="application/json"]');
    scripts[place.dataset.script](place, data && JSON.parse(data.textContent));
  }
  // Those that the scripts made too.
  document.querySelectorAll(".scroll").forEach(watchScrolling);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((each) => { each.open = true; });
  });
});
