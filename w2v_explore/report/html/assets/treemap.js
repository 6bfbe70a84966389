// A treemap that a reader can descend into, by any of the measures, as wide as the page: `pictures/treemap.py` draws the
// same, and says more.

const GROUPS = ["convolution", "linear", "attention", "norm", "other"];
const CLASSES = ["k4 soft", "k2 soft", "k1 soft", "k6 soft", "rest"];
const HEADER = 18, EDGE = 3, CHARACTER = 7, LINE = 13;
const LEAST_WIDTH = 56, LEAST_HEIGHT = 36, LEAST_INSIDE = 8, LEAST_AREA = 60, LEAST_LETTERS = 4;
const WHOLE = 0.995;
const ALIKE = 3;
const SHORTEST = 320, TALLEST = 520;
const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, typeof value === "number" ? String(Number(value.toFixed(2))) : value);
  }
  made.append(...children);
  return made;
}

function inRows(shares, box) {
  const count = shares.length;
  const height = box.height * shares.reduce((sum, share) => sum + share, 0);
  const rows = box.width ? Math.max(1, Math.min(count, Math.trunc(Math.sqrt(count * height / box.width) + 0.5))) : 1;
  const perRow = Math.ceil(count / rows);
  const placed = [];
  let y = box.y;
  for (let start = 0; start < count; start += perRow) {
    const row = shares.slice(start, start + perRow);
    const ofRow = row.reduce((sum, share) => sum + share, 0);
    let x = box.x;
    for (const share of row) {
      const width = box.width * share / ofRow;
      placed.push({ x, y, width, height: box.height * ofRow });
      x += width;
    }
    y += box.height * ofRow;
  }
  return placed;
}

function squarified(shares, box) {
  const placed = [];
  const whole = box.width * box.height;
  const areas = shares.map((share) => share * whole);
  while (placed.length < areas.length) {
    const side = Math.min(box.width, box.height);
    if (!side) {
      while (placed.length < areas.length) placed.push({ x: box.x, y: box.y, width: 0, height: 0 });
      break;
    }
    const start = placed.length;
    let end = start, total = 0, worst = Infinity;
    while (end < areas.length) {
      const more = total + areas[end];
      const longest = Math.max(side * areas[start] / more * side / more, more / side * more / side / areas[end]);
      if (longest > worst) break;
      [total, worst, end] = [more, longest, end + 1];
    }
    const thickness = Math.min(total / side, Math.max(box.width, box.height));
    const isWide = box.width >= box.height;
    let at = 0;
    for (const area of areas.slice(start, end)) {
      const length = side * area / total;
      placed.push(
        isWide
          ? { x: box.x, y: box.y + at, width: thickness, height: length }
          : { x: box.x + at, y: box.y, width: length, height: thickness },
      );
      at += length;
    }
    box = isWide
      ? { ...box, x: box.x + thickness, width: box.width - thickness }
      : { ...box, y: box.y + thickness, height: box.height - thickness };
  }
  return placed;
}

function layOut(shares, box) {
  if (Math.max(...shares) <= ALIKE * Math.min(...shares)) return inRows(shares, box);
  const bySize = shares.map((_, number) => number).sort((a, b) => shares[b] - shares[a]);
  const boxes = squarified(bySize.map((number) => shares[number]), box);
  const placed = [];
  bySize.forEach((number, place) => { placed[number] = boxes[place]; });
  return placed;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function shortened(label, width) {
  const letters = Math.trunc(width / CHARACTER);
  if (label.length <= letters) return label;
  return letters > LEAST_LETTERS ? `${label.slice(0, letters - 1)}\u2026` : "";
}

function outline(box) {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map((each) => Number(each.toFixed(2)));
  return `M${x} ${y}h${width}v${height}h-${width}z`;
}

// The tree with each folded module as its copies, made when somebody descends to it.
class Module {
  constructor([name, kind, shape, group, copies, shares, texts, inside], parent, number = 0) {
    Object.assign(this, { kind, shape, group, shares, texts, parent, inside });
    this.name = number ? String(Number(name) + number) : name;
    this.path = parent && parent.path ? `${parent.path}.${this.name}` : this.name;
    this.depth = parent ? parent.depth + 1 : 0;
  }

  get children() {
    this.made ??= this.inside.flatMap((data) => Array.from({ length: data[4] }, (_, number) => new Module(data, this, number)));
    return this.made;
  }

  cells(measure) {
    return this.children.filter((child) => child.shares[measure] > 0);
  }

  mainGroup(measure) {
    this.groups ??= [];
    if (this.groups[measure] === undefined) {
      const totals = GROUPS.map(() => 0);
      addGroups([this.group, this.shares, this.inside], 1, measure, totals);
      this.groups[measure] = totals.indexOf(Math.max(...totals));
    }
    return this.groups[measure];
  }
}

function addGroups([group, shares, inside], times, measure, totals) {
  let below = 0;
  for (const [, , , childGroup, copies, childShares, , childInside] of inside) {
    if (childShares[measure] > 0) {
      addGroups([childGroup, childShares, childInside], times * copies, measure, totals);
      below += copies * childShares[measure];
    }
  }
  totals[group] += times * Math.max(shares[measure] - below, 0);
}

scripts.treemap = (figure, data) => {
  const still = figure.querySelector("svg");
  const ratio = still.viewBox.baseVal.width / (still.viewBox.baseVal.height - 24);
  const root = new Module(data.root);
  const state = { measure: 0, top: root, focus: root };
  const nodes = new Map();

  const svg = drawn("svg", { class: "treemap", role: "tree", "aria-label": still.getAttribute("aria-label") });
  const trail = make("div", { role: "group", ariaLabel: "Where you are" });
  // What is pointed at. A reader of the screen is told by the rectangle that has the focus.
  const said = make("p", { className: "treemap-said", ariaHidden: "true" });
  const measures = data.measures.map((name, number) => {
    const button = make("button", { type: "button", ariaPressed: String(!number) }, name);
    button.addEventListener("click", () => {
      state.measure = number;
      measures.forEach((each, other) => { each.ariaPressed = String(other === number); });
      show(state.top.shares[number] > 0 ? state.top : root);
    });
    return button;
  });
  const ways = make("div", { role: "group", ariaLabel: "What areas stand for" }, ...(measures.length > 1 ? measures : []));
  still.before(make("div", { className: "treemap-ways" }, trail, ways));
  still.replaceWith(svg);
  svg.after(said);
  const keys = "A click or Enter goes into a module, Escape out of it; arrow keys go from one to another.";
  said.after(make("p", { className: "words treemap-keys" }, keys));

  const heading = figure.querySelector("h2, h3");
  const caption = figure.querySelector("figcaption");
  const pathOf = (node) => node.path || data.name;

  function describe(node) {
    const figures = data.measures
      .map((name, number) => node.shares[number] ? `${name} ${node.texts[number]} (${percent(node.shares[number])})` : "")
      .filter(Boolean);
    const shape = node.shape ? `, gives ${node.shape}` : "";
    return `${pathOf(node)}: ${node.kind}${shape}; ${figures.join("; ")}`;
  }

  function draw(label, node, box, parent) {
    const { measure } = state;
    let cells = node.cells(measure);
    while (cells.length === 1 && cells[0].shares[measure] === node.shares[measure]) {
      const [only] = cells;
      cells = only.cells(measure);
      if (cells.length) {
        node = only;
        label = `${label}.${node.name}`;
      }
    }
    const hasHeader = box.width >= LEAST_WIDTH && box.height >= LEAST_HEIGHT;
    const above = hasHeader ? HEADER : EDGE;
    const inner = {
      x: box.x + EDGE,
      y: box.y + above,
      width: Math.max(box.width - 2 * EDGE, 0),
      height: Math.max(box.height - above - EDGE, 0),
    };
    const isFrame = cells.length > 0 && Math.min(inner.width, inner.height) >= LEAST_INSIDE
      && inner.width * inner.height >= LEAST_AREA * cells.length;
    const group = node.mainGroup(measure);
    const shown = hasHeader || (!isFrame && box.height >= HEADER) ? shortened(label, box.width - 8) : "";
    if (!isFrame && !shown) return group;
    const item = drawn("g", {
      role: "treeitem", tabindex: -1, "aria-level": parent ? Number(parent.getAttribute("aria-level")) + 1 : 1,
      "aria-label": describe(node),
    });
    Object.assign(item, { module: node, around: parent });
    nodes.set(node, item);
    svg.append(item);
    item.append(drawn("rect", { class: isFrame ? "frame" : CLASSES[group], ...box }));
    const figureText = node.texts[measure];
    if (shown) {
      const words = drawn("text", { x: box.x + 4, y: box.y + LINE }, shown);
      if (isFrame && (shown.length + 1 + figureText.length) * CHARACTER <= box.width - 8) {
        words.append(" ", drawn("tspan", { class: "muted" }, figureText));
      }
      item.append(words);
    }
    if (isFrame) drawInside(node, cells, inner, item);
    else if (box.height >= 2 * HEADER && figureText.length * CHARACTER <= box.width - 8) {
      item.append(drawn("text", { x: box.x + 4, y: box.y + 2 * LINE + 1, class: "muted" }, figureText));
    }
    return -1;
  }

  function drawInside(node, cells, box, item) {
    const { measure } = state;
    const shares = cells.map((cell) => cell.shares[measure]);
    const inside = shares.reduce((sum, share) => sum + share, 0);
    const total = Math.max(node.shares[measure], inside);
    const boxes = layOut(shares.map((share) => share / total), box);
    const nameless = GROUPS.map(() => "");
    if (inside < WHOLE * total) nameless[node.group] = outline(box);
    cells.forEach((cell, number) => {
      const group = draw(cell.name, cell, boxes[number], item);
      if (group >= 0) nameless[group] += outline(boxes[number]);
    });
    nameless.forEach((d, group) => {
      if (d) item.append(drawn("path", { class: CLASSES[group], d }));
    });
  }

  function drawLegend(width, height) {
    const legend = drawn("g", { class: "legend", "aria-hidden": "true" });
    let [x, y] = [0, height + 8];
    GROUPS.forEach((name, group) => {
      const needs = 17 + name.length * CHARACTER + 20;
      if (x && x + needs - 20 > width) [x, y] = [0, y + 20];
      legend.append(drawn("rect", { class: CLASSES[group], x, y, width: 12, height: 12 }), drawn("text", { x: x + 17, y: y + 10 }, name));
      x += needs;
    });
    svg.append(legend);
    return y + 16;
  }

  // The parts of the module that is shown, the greatest first.
  function greatest() {
    const shares = new Map();
    for (const [name, , , , copies, each] of state.top.inside) shares.set(name, copies * each[state.measure]);
    const most = [...shares].filter(([, share]) => share > 0).sort(([, a], [, b]) => b - a).slice(0, 3);
    return most.map(([name, share]) => `${name} ${percent(share)}`).join(", ");
  }

  // Draws what is inside a module; the reader goes on at it, or at one of those inside.
  function show(top, focus = top) {
    state.top = top;
    const hadFocus = svg.contains(document.activeElement);
    const width = Math.max(Math.floor(figure.clientWidth), 200);
    const height = Math.round(Math.min(Math.max(width / ratio, SHORTEST), TALLEST));
    nodes.clear();
    svg.replaceChildren();
    draw(top === root ? data.name : top.path, top, { x: 0, y: 0, width, height }, null);
    const below = drawLegend(width, height);
    svg.setAttribute("viewBox", `0 0 ${width} ${below}`);
    heading.textContent = `${data.measures[state.measure]} by module`;
    svg.setAttribute("aria-label", heading.textContent);
    const words = caption.textContent;
    caption.textContent = `${words.slice(0, words.lastIndexOf(": "))}: ${greatest()}.`;
    showTrail();
    goTo(nodes.has(focus) ? focus : svg.querySelector("[role=treeitem]").module, hadFocus);
  }

  function showTrail() {
    const buttons = [];
    for (let node = state.top; node; node = node.parent) {
      const button = make("button", { type: "button", disabled: node === state.top }, node === root ? data.name : node.name);
      const [from, to] = [state.top, node];
      button.addEventListener("click", () => { show(to, from); nodes.get(state.focus).focus(); });
      buttons.unshift(button);
    }
    trail.replaceChildren(...buttons);
  }

  function goTo(node, withFocus = true) {
    nodes.get(state.focus)?.setAttribute("tabindex", -1);
    state.focus = node;
    const item = nodes.get(node);
    item.setAttribute("tabindex", 0);
    if (withFocus) item.focus({ preventScroll: true });
    said.textContent = describe(node);
  }

  // Into a module, or of one without others inside into that around it.
  function descend(node) {
    const { around } = nodes.get(node);
    if (node !== state.top && node.cells(state.measure).length) show(node);
    else if (around && around.around) show(around.module, node);
  }

  // Out of a module, and of those around it that are one rectangle with it.
  function ascend() {
    const { measure, top } = state;
    let node = top.parent;
    while (node && node.parent && node.cells(measure).length === 1 && node.cells(measure)[0].shares[measure] === node.shares[measure]) {
      node = node.parent;
    }
    if (node) show(node, top);
  }

  svg.addEventListener("click", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    goTo(item.module);
    descend(item.module);
  });
  svg.addEventListener("pointerover", (event) => {
    const item = event.target.closest("[role=treeitem]");
    said.textContent = describe(item ? item.module : state.focus);
  });
  svg.addEventListener("pointerleave", () => { said.textContent = describe(state.focus); });
  svg.addEventListener("keydown", (event) => {
    const items = [...svg.querySelectorAll("[role=treeitem]")];
    const place = items.indexOf(nodes.get(state.focus));
    const siblings = items.filter((item) => item.around === items[place].around);
    const among = siblings.indexOf(items[place]);
    const below = items[place + 1];
    const to = {
      ArrowRight: siblings[among + 1],
      ArrowLeft: siblings[among - 1],
      ArrowDown: below && below.around === items[place] ? below : undefined,
      ArrowUp: items[place].around,
      Home: items[0],
      End: items[items.length - 1],
    };
    if (event.key in to) {
      if (to[event.key]) goTo(to[event.key].module);
    } else if (event.key === "Enter" || event.key === " ") descend(state.focus);
    else if (event.key === "Escape") ascend();
    else return;
    event.preventDefault();
  });

  let width = figure.clientWidth;
  new ResizeObserver(() => {
    if (figure.clientWidth && figure.clientWidth !== width) {
      width = figure.clientWidth;
      show(state.top, state.focus);
    }
  }).observe(figure);
  show(root);
};
