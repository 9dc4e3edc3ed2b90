// All that is known of an array: what it is, its statistics, how often which numbers occur, and the numbers themselves.

import type { Described, GraphNode, Health, Histogram, Nested, Num, Picture, Statistics } from "./document";
import { element, type Child } from "./elements";
import { heatView } from "./heat_view";
import { histogramOf } from "./histogram";
import { cellText, linesOf, numberTable } from "./number_table";
import { counted, several, shapeText, sixDigits } from "./numbers";

const FEW = 8; // numbers that are looked at one by one

export function valueSection(node: GraphNode): Child[] {
  return node.value ? described(node.value, node, `the value of ${node.label}`) : [dash("not computed")];
}

export function gradientSection(node: GraphNode): Child[] {
  const { gradient, label } = node;
  if (!gradient) return [dash(carriesNone(node) && !hasFailed(node) ? `none: ${node.dtype} carries no derivative` : "not computed")];
  if ("no_path" in gradient) return [element("p", { class: "no-path" }, "0: no path to the loss")];
  return described(gradient, node, `the gradient of ${label}`);
}

/** "(64,32) float64, 16,384 bytes" */
export function typeText({ shape, dtype, bytes }: GraphNode): string {
  return `${shapeText(shape) || "scalar"} ${dtype} · ${several(bytes, "byte")}`;
}

export function dash(why: string): HTMLElement {
  return element("p", { class: "dash" }, "–", element("span", {}, ` ${why}`));
}

export function hasFailed({ health }: GraphNode): boolean {
  return health?.kind === "failed";
}

/** The mark of a variable and what it means. */
export function healthLine({ kind, severity, message }: Health): HTMLElement {
  const rest = message.startsWith(kind) ? message.slice(kind.length) : ` ${message}`;
  return element("p", { class: `health ${severity}` }, element("b", {}, kind), rest);
}

function carriesNone({ dtype }: GraphNode): boolean {
  return /^(bool|u?int)/.test(dtype);
}

function described({ statistics, numbers, histogram, picture }: Described, node: GraphNode, name: string): Child[] {
  const type = element("p", { class: "type" }, typeText(node));
  if (node.shape.every((size) => size === 1) && numbers !== undefined) {
    const [[only]] = linesOf(numbers, node.shape).cells as [[Num]];
    return [type, element("p", { class: "single" }, cellText(only, sixDigits)), ...warnings(statistics)];
  }
  return [
    type,
    statisticsTable(statistics),
    ...(isEverywhereTheSame(statistics) ? [same(statistics, node)] : shown(histogram, numbers, picture, node, name)),
    node.dtype.startsWith("complex") && element("p", { class: "type" }, "statistics and colors are of absolute values"),
  ];
}

function shown(
  histogram: Histogram | undefined,
  numbers: Nested | undefined,
  picture: Picture | undefined,
  node: GraphNode,
  name: string,
): Child[] {
  return [
    histogram && node.shape.reduce((a, b) => a * b, 1) > FEW && histogramOf(histogram),
    numbers !== undefined && numberTable(linesOf(numbers, node.shape), name),
    numbers === undefined && picture && heatView(picture, name),
  ];
}

function isEverywhereTheSame({ min, max, nan, inf }: Statistics): boolean {
  return min === max && min !== null && nan === 0 && inf === 0;
}

function same({ min }: Statistics, { shape }: GraphNode): HTMLElement {
  const count = shape.reduce((a, b) => a * b, 1);
  return element("p", { class: "same" }, `${counted(count)} times `, element("b", {}, sixDigits(min)));
}

const COUNTS = [
  ["zeros", "zeros"],
  ["nan", "NaN"],
  ["inf", "Inf"],
  ["subnormal", "subnormal"],
] as const;

function statisticsTable(statistics: Statistics): HTMLElement {
  const numbers = (["min", "mean", "max", "rms"] as const).map((name) => entry(name, sixDigits(statistics[name]), name));
  const counts = COUNTS.map(([name, words]) => entry(words, counted(statistics[name]), name, isBad(name) && statistics[name] > 0));
  return element("dl", { class: "statistics" }, ...numbers, ...counts);
}

function warnings(statistics: Statistics): Child[] {
  const found = COUNTS.filter(([name]) => name !== "zeros" && statistics[name] > 0).map(([, words]) => words);
  return found.length ? [element("p", { class: "bad" }, found.join(", "))] : [];
}

function isBad(name: string): boolean {
  return name === "nan" || name === "inf";
}

function entry(words: string, text: string, name: string, bad = false): HTMLElement {
  return element("div", { class: bad ? "bad" : null, "data-statistic": name }, element("dt", {}, words), element("dd", {}, text));
}
