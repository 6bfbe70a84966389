// Duration, batch and dtype to move. The figures follow from the formulas of the model, which Python has traced: whole
// numbers are worked out whole, however large, and numbers with fractions as Python does it, step by step.

// The first of some digits, rounded by the others. As in Python the exact value is rounded, and of two that are equally
// near the even one is taken.
function roundedDigits(digits, count) {
  const kept = BigInt(digits.slice(0, count) || "0");
  const rest = digits.slice(count);
  const isMore = rest[0] > "5" || (rest[0] === "5" && (/[^0]/.test(rest.slice(1)) || kept % 2n === 1n));
  return String(isMore ? kept + 1n : kept);
}

// A positive number's digits, so many, and its power of ten.
function digitsOf(number, count) {
  const [mantissa, power] = number.toExponential(100).split("e");
  const digits = roundedDigits(mantissa.replace(".", ""), count);
  return digits.length > count ? [digits.slice(0, count), Number(power) + 1] : [digits, Number(power)];
}

// A number that is not negative with so many decimals.
function fixed(number, decimals) {
  // From there on numbers are whole.
  if (number >= 2 ** 53) return String(BigInt(number)) + (decimals ? `.${"0".repeat(decimals)}` : "");
  const [before, after] = number.toFixed(100).split(".");
  const digits = roundedDigits(before + after, before.length + decimals).padStart(decimals + 1, "0");
  return decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
}

// A number with so many digits, those at its end that are 0 left out unless they are wanted.
function significant(number, count, withZeros) {
  if (number === 0) return withZeros ? (0).toFixed(count - 1) : "0";
  if (number < 0) return `-${significant(-number, count, withZeros)}`;
  const [digits, power] = digitsOf(number, count);
  const isShort = power >= -4 && power < count;
  const point = isShort ? power + 1 : 1;
  const all = point > 0 ? digits : "0".repeat(1 - point) + digits;
  const at = Math.max(point, 1);
  let after = all.slice(at);
  if (!withZeros) after = after.replace(/0+$/, "");
  const plain = all.slice(0, at) + (after && `.${after}`);
  return isShort ? plain : `${plain}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function grouped(text) {
  return text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
}

const PREFIXES = [[10n ** 15n, "P"], [10n ** 12n, "T"], [10n ** 9n, "G"], [10n ** 6n, "M"], [10n ** 3n, "k"]];

function short(number) {
  const magnitude = number < 0 ? -number : number;
  for (const [size, prefix] of PREFIXES) {
    if (magnitude >= Number(size) * 0.99995) return `${significant(quotient(number, size), 4, true)} ${prefix}`;
  }
  return significant(Number(number), 4, false);
}

function sizeBytes(number) {
  const text = short(number);
  return /[a-z]$/i.test(text) ? `${text}B` : `${text} B`;
}

function figureText(unit, number) {
  if (unit === "bytes") return sizeBytes(number);
  return unit === "frames" ? grouped(String(number)) : short(number);
}

// A ratio as a change: +5.0 %, +0.02 %, -4,460 %.
function signedPercent(ratio) {
  const change = 100 * (ratio - 1);
  const magnitude = Math.abs(change);
  const sign = change < 0 ? "\u2212" : "+";
  if (magnitude >= 0.0005 && magnitude < 0.05) return `${sign}${significant(magnitude, 1, false)} %`;
  return `${sign}${grouped(fixed(magnitude, magnitude >= 999.95 ? 0 : 1))} %`;
}

// Python's quotient of two numbers: of whole ones the nearest number to the exact quotient.
function quotient(number, divisor) {
  if (typeof number !== "bigint" || typeof divisor !== "bigint") return Number(number) / Number(divisor);
  const magnitude = number < 0n ? -number : number;
  const bits = (whole) => 4 * whole.toString(16).length;
  // More bits than a number has, and one that says whether anything is left.
  const shift = Math.max(0, 72 - bits(magnitude) + bits(divisor));
  const scaled = magnitude << BigInt(shift);
  const found = scaled / divisor;
  const nearest = Number(scaled % divisor ? found | 1n : found) / 2 ** shift;
  return number < 0n ? -nearest : nearest;
}

// Rounded down, as Python divides; `divisor` is 0 only where a formula is not the workload's.
function floorDivided(number, divisor) {
  if (!divisor) return 0n;
  const found = number / divisor;
  return number % divisor && (number < 0n) !== (divisor < 0n) ? found - 1n : found;
}

const OPERATIONS = {
  "+": (one, other) => one + other,
  "*": (one, other) => one * other,
  "//": floorDivided,
  "%": (number, divisor) => (divisor ? number - divisor * floorDivided(number, divisor) : 0n),
  "max": (one, other) => (one > other ? one : other),
  "real +": (one, other) => Number(one) + Number(other),
  "real -": (one, other) => Number(one) - Number(other),
  "real *": (one, other) => Number(one) * Number(other),
  "real /": quotient,
};

// Gives what formulas come to for a workload. What a step takes is the number of a step, a whole number as text, or a
// number with a fraction in a list.
function valuesFor(steps, fields) {
  const known = new Map();
  const operand = (given) => (typeof given === "number" ? known.get(given) : constant(given));
  const constant = (given) => (typeof given === "string" ? BigInt(given) : given[0]);
  return (given) => {
    if (typeof given !== "number") return constant(given);
    // Those that are taken have smaller numbers: none of them waits for one that comes later.
    const needed = new Set([given]);
    for (let number = given; number >= 0; number -= 1) {
      if (!needed.has(number) || known.has(number)) continue;
      const [operation, ...operands] = steps[number];
      if (operation !== "field") operands.forEach((each) => typeof each === "number" && needed.add(each));
    }
    for (const number of [...needed].sort((one, other) => one - other)) {
      if (known.has(number)) continue;
      const [operation, one, other] = steps[number];
      known.set(number, operation === "field" ? fields[one] : OPERATIONS[operation](operand(one), operand(other)));
    }
    return known.get(given);
  };
}

// The figures of a model for a workload, one for each row; null where no formula is known to hold.
function figuresOf(model, rows, { samples, batch, dtype }) {
  if (samples < Math.max(...model.fewest)) return null;
  const value = valuesFor(model.steps, [BigInt(samples), BigInt(batch)]);
  let at = model.first;
  while (at && at.question) {
    const number = value(at.of);
    at = at.after[Number(at.question === "positive" ? number > 0n : number === 0n)];
  }
  return at && rows.map(([, , place, isOfDtype]) => value((isOfDtype ? at.dtypes[dtype] : at.figures)[place]));
}

function rounded(number) {
  const below = Math.floor(number);
  const rest = number - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
}

function samplesOf(seconds, rate) {
  return Math.max(1, rounded(seconds * rate));
}

// The workload of a model at another sample rate: as long as that of the first, or of as many samples.
function ofModel({ models, asLong }, { rate }, workload) {
  return asLong ? { ...workload, samples: samplesOf(workload.samples / models[0].rate, rate) } : workload;
}

// The options of a command line that give a workload, without those that it has by itself.
function optionsFor(data, workload) {
  const { usual, models, asLong } = data;
  const [{ rate }] = models;
  const { samples, batch, dtype } = workload;
  const words = [];
  const isDuration = asLong || models.every((model) => model.rate === rate);
  if (samples !== usual.samples || !isDuration) {
    const exact = samples / rate;
    const short = Number(exact.toPrecision(6));
    const isIt = (model) => samplesOf(short, model.rate) === ofModel(data, model, workload).samples;
    if (isDuration && models.every(isIt)) words.push(`--seconds ${short}`);
    else words.push(asLong ? `--seconds ${exact}` : `--samples ${samples}`);
  }
  if (batch !== usual.batch) words.push(`--batch ${batch}`);
  if (dtype !== usual.dtype) words.push(`--dtype ${dtype}`);
  return words;
}

const STOPS = [1, 1.5, 2, 3, 4, 5, 6, 8];

// Where a slider stops: round numbers from one to another, and the one that was asked.
function stops(from, to, asked, isWhole) {
  const found = new Set([asked]);
  for (let power = -3; power < 7; power += 1) {
    for (const stop of STOPS) {
      const each = Number(`${stop}e${power}`);
      if (each >= from && each <= to && (!isWhole || Number.isInteger(each))) found.add(each);
    }
  }
  return [...found].sort((one, other) => one - other);
}

// The cells of a row: of one model its figure, and how that changes; of several their figures, and what each but the
// first has more or less than the first.
function cellTexts(unit, figures, before) {
  const changed = (now, then) => (now === then ? "=" : then ? signedPercent(quotient(now, then)) : "");
  if (figures.length > 1) {
    return figures.flatMap((figure, number) => {
      const text = figureText(unit, figure);
      return number ? [text, changed(figure, figures[0])] : [text];
    });
  }
  const [figure] = figures;
  return [
    figureText(unit, figure),
    typeof figure === "bigint" ? grouped(String(figure)) : "",
    before === null ? "" : changed(figure, before),
  ];
}

function headingTexts(models) {
  if (models.length === 1) return ["Rounded", "Exactly", "Change"];
  const [first, ...others] = models.map((model) => model.name);
  return [first, ...others.flatMap((name) => [name, `against ${first}`])];
}

scripts.sliders = (place, data) => {
  const { models, rows, asked } = data;
  const [{ rate }] = models;
  const [mostSamples, mostBatch] = data.most;
  const secondsAsked = asked.samples / rate;
  const shortest = Math.max(...models.map((model) => Math.max(...model.fewest) / model.rate));
  const durations = stops(shortest, Math.max(600, secondsAsked), secondsAsked, false);
  const batches = stops(1, Math.max(256, asked.batch), asked.batch, true);

  const number = (label, min, max, step) =>
    make("input", { type: "number", ariaLabel: label, min, max, step, autocomplete: "off" });
  const slider = (all) => make("input", { type: "range", min: 0, max: all.length - 1, step: 1, autocomplete: "off" });
  const controls = {
    duration: slider(durations),
    seconds: number("Duration in seconds", 0, mostSamples / rate, "any"),
    samples: number("Samples", 1, mostSamples, 1),
    batches: slider(batches),
    batch: number("Utterances in a batch", 1, mostBatch, 1),
    dtype: make("select", { autocomplete: "off" }),
  };
  for (const name of data.dtypes) controls.dtype.append(make("option", { value: name }, name));
  const reset = make("button", { type: "button" }, "As asked");
  const row = (name, control, ...others) =>
    make("div", {}, make("label", {}, make("span", {}, name), control), ...others);
  const unit = (text) => make("span", { className: "unit" }, text);
  const message = make("p", { role: "status", className: "remark" });

  const texts = headingTexts(models);
  const cells = [];
  const body = make("tbody");
  for (const [label, , , , isPart] of rows) {
    const row = make("tr", {}, make("th", { scope: "row", className: isPart ? "of" : "" }, label));
    cells.push(texts.map(() => row.appendChild(make("td", { className: "n" }))));
    body.append(row);
  }
  const headings = ["Figure", ...texts].map((text, column) =>
    make("th", { scope: "col", className: column ? "n" : "" }, text));
  const table = make("table", { className: "ordered" }, make("thead", {}, make("tr", {}, ...headings)), body);

  const figuresFor = (workload) => models.map((model) => figuresOf(model, rows, ofModel(data, model, workload)));
  const [before] = figuresFor(asked);
  const command = place.querySelector("pre");
  const commandAsked = command.textContent;

  const show = (workload, wrong) => {
    const figures = wrong ? [null] : figuresFor(workload);
    const isKnown = !figures.includes(null);
    message.textContent = wrong || (isKnown ? "" : "No formula here holds for this workload: the command answers.");
    command.textContent = wrong ? "" : [commandAsked, ...optionsFor(data, workload)].join(" ");
    cells.forEach((cellsOfRow, row) => {
      const ofRow = isKnown && figures.map((each) => each[row]);
      const shown = ofRow ? cellTexts(rows[row][1], ofRow, before && before[row]) : texts.map(() => "\u2013");
      cellsOfRow.forEach((cell, column) => { cell.textContent = shown[column]; });
    });
  };

  // What is wrong with the numbers that are given; empty where nothing is.
  const wrongWith = (workload) => {
    const isIn = (given, least, most) => Number.isInteger(given) && given >= least && given <= most;
    if (!isIn(workload.batch, 1, mostBatch)) return `Give a batch from 1 to ${grouped(String(mostBatch))}.`;
    if (!isIn(workload.samples, 1, mostSamples)) return `Give 1 to ${grouped(String(mostSamples))} samples.`;
    for (const model of models) {
      const fewest = model.fewest[workload.batch === 1 ? 0 : 1];
      const { samples } = ofModel(data, model, workload);
      if (samples < fewest) {
        return `Give a longer duration: ${model.name} makes a frame of ${grouped(String(fewest))} samples at least.`;
      }
      if (data.asLong && BigInt(samples) * BigInt(rate) !== BigInt(workload.samples) * BigInt(model.rate)) {
        return `Give another duration: at ${grouped(String(model.rate))} Hz it is no whole number of samples.`;
      }
    }
    return "";
  };
  const nearest = (all, given) =>
    all.reduce((best, each, at) => (Math.abs(each - given) < Math.abs(all[best] - given) ? at : best), 0);
  const filled = (input) => (input.value.trim() === "" ? NaN : Number(input.value));

  const update = (moved) => {
    const { duration, seconds, samples, batches: batchSlider, batch, dtype } = controls;
    if (moved === duration) seconds.value = durations[duration.value];
    if (moved === duration || moved === seconds) {
      samples.value = filled(seconds) > 0 ? samplesOf(filled(seconds), rate) : "";
    } else if (moved === samples) {
      seconds.value = filled(samples) / rate || "";
    }
    if (moved === batchSlider) batch.value = batches[batchSlider.value];
    if (moved !== duration) duration.value = nearest(durations, filled(seconds) || 0);
    if (moved !== batchSlider) batchSlider.value = nearest(batches, filled(batch) || 0);
    duration.ariaValueText = `${seconds.value} s`;
    batchSlider.ariaValueText = batch.value;
    const workload = { samples: filled(samples), batch: filled(batch), dtype: dtype.value };
    show(workload, wrongWith(workload));
  };
  const restore = () => {
    controls.samples.value = asked.samples;
    controls.batch.value = asked.batch;
    controls.dtype.value = asked.dtype;
    update(controls.samples);
  };

  for (const control of Object.values(controls)) control.addEventListener("input", () => update(control));
  reset.addEventListener("click", restore);
  const duration = row("Duration", controls.duration, controls.seconds, unit("s"), controls.samples, unit("samples"));
  const form = make(
    "div",
    { className: "controls" },
    ...(data.moves ? [duration] : []),
    row("Batch", controls.batches, controls.batch),
    row("Dtype", controls.dtype, reset),
  );
  const scroll = make("div", { className: "scroll", role: "group", ariaLabel: "figures at another workload" }, table);
  place.querySelector(".remark").before(form, message, scroll);
  restore();
  place.hidden = false;
};
