// The local Jacobian of an edge: how large it is and how little of it is stored, a few of its entries, and what it does
// to the gradient that comes in.

import type { Constants, Contribution, Described, GraphEdge, GraphNode, Num, Sample } from "./document";
import { element, svgElement, type Child } from "./elements";
import { thumbnail } from "./heat";
import { edgeSoFar, nodeSoFar } from "./known";
import { cellText, linesOf, numberTable, placeIn, placeText, thumbnailOfNumbers } from "./number_table";
import { counted, numberText, sixDigits } from "./numbers";
import type { Page } from "./page";

const FEW = 6; // numbers that stand in a line

export function jacobianSection({ graph, constants, known }: Page, whole: GraphEdge): Child[] {
  const edge = edgeSoFar(whole, known);
  const [y, x] = [edge.to, edge.from].map((number) => nodeSoFar(graph.nodes[number]!, known)) as [GraphNode, GraphNode];
  const [rows, columns] = edge.shape.map((shape) => shape.reduce((a, b) => a * b, 1)) as [number, number];
  return [
    element(
      "h3",
      {},
      element("span", {}, `∂${y.label}/∂${x.label}`),
      signOf(edge.structure, constants),
      element("strong", { class: "structure" }, edge.structure),
    ),
    element(
      "dl",
      { class: "facts" },
      ...fact("size", `${counted(rows)} × ${counted(columns)}`, "numbers of the result times those of the argument"),
      ...fact("stored", `${counted(edge.stored)} of ${counted(edge.full)} numbers`, "of the dense matrix"),
      ...(edge.gain === undefined ? [] : fact("gain", sixDigits(edge.gain), "norm of what is sent back over norm of what came in")),
      ...(edge.full === 1 || edge.notation === undefined
        ? []
        : fact("entries", edge.notation, "in index notation: [indices of the result; of the argument]")),
    ),
    edge.sample && edge.full > 1 && sampleTable(edge.sample, edge, `${y.label} by ${x.label}`),
    ...worked(edge, y, x),
  ];
}

/** The square that tells where entries are, as it stands beside edges. */
export function signOf(structure: string, { glyphs }: Constants): SVGElement {
  const { lines, areas } = glyphs[structure]!;
  return svgElement(
    "svg",
    { class: "sign", viewBox: "0 0 10 10", "aria-hidden": "true" },
    svgElement("rect", { width: 10, height: 10 }),
    ...(lines ? [svgElement("path", { class: "line", d: lines })] : []),
    ...(areas ? [svgElement("path", { class: "area", d: areas })] : []),
  );
}

function fact(name: string, text: string, title: string): HTMLElement[] {
  return [element("dt", { title }, name), element("dd", { "data-fact": name }, text)];
}

function sampleTable({ rows, columns, entries }: Sample, { shape, full }: GraphEdge, name: string): HTMLElement {
  const header = (places: number[], sizes: number[]): string[] => places.map((each) => placeText(placeIn(sizes, each)));
  const all = rows.length * columns.length === full;
  const words = all ? "all entries" : `${rows.length} of its rows, ${columns.length} of its columns`;
  return element(
    "figure",
    { class: "sample" },
    numberTable({ rows: header(rows, shape[0]), columns: header(columns, shape[1]), cells: entries }, `entries of ${name}`),
    element("figcaption", {}, words),
  );
}

/** The gradient that came in, and what this edge sends back. */
function worked(edge: GraphEdge, y: GraphNode, x: GraphNode): Child[] {
  const came = measured(y.gradient);
  const sent = edge.contribution === "gradient" ? measured(x.gradient) : edge.contribution;
  if (!came || !sent) return [];
  const factor = onlyOne(edge.sample?.entries);
  const [before, after] = [came.numbers, sent.numbers].map(onlyOne);
  const words = edge.contribution === "gradient" ? "sends back" : "sends back, one of several contributions";
  if (edge.full === 1 && factor !== undefined && before !== undefined && after !== undefined) {
    const product = `${numberText(before)} × ${inProduct(factor)} = ${numberText(after)}`;
    return [element("p", { class: "product" }, product, element("small", {}, `came in × entry = ${words}`))];
  }
  return [
    element(
      "div",
      { class: "worked" },
      end(`came in: gradient of ${y.label}`, came, y.shape),
      element("span", { class: "arrow", "aria-hidden": "true" }, "→"),
      end(`${words} (${x.label})`, sent, x.shape),
    ),
  ];
}

function measured(gradient: GraphNode["gradient"]): Described | undefined {
  return gradient && !("no_path" in gradient) ? gradient : undefined;
}

function inProduct(x: Num): string {
  return String(x).startsWith("-") ? `(${numberText(x)})` : numberText(x);
}

function onlyOne(numbers: unknown): Num | undefined {
  let found = numbers;
  while (Array.isArray(found) && found.length === 1) found = found[0] as unknown;
  return typeof found === "number" || typeof found === "string" ? (found as Num) : undefined;
}

type Part = Described | Exclude<Contribution, "gradient">;

/** Few numbers themselves, of more a small picture, of all arrays how large they are. */
function end(words: string, part: Part, shape: number[]): HTMLElement {
  const rms = "rms" in part ? part.rms : part.statistics.rms;
  const lines = part.numbers === undefined ? null : linesOf(part.numbers, shape);
  const few = lines && lines.cells.flat().length <= FEW ? lines.cells.flat() : null;
  return element(
    "div",
    {},
    element("small", {}, words),
    few ? null : lines ? thumbnailOfNumbers(lines) : part.picture && thumbnail(part.picture),
    element("span", {}, few ? few.map((each) => cellText(each, numberText)).join("  ") : `rms ${numberText(rms)}`),
  );
}
