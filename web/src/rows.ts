// The rows of the table: those that `chainrule.view.table` writes while all groups are open, and numbers to sort by.

import type { GraphDocument, GraphEdge, GraphNode, Nested, Num } from "./document";
import { numberText, shapeText, shortened } from "./numbers";

export interface Row {
  number: number;
  /** Groups and name, at full length. */
  path: string;
  cells: Record<string, string>;
  /** By column, for those that hold numbers. */
  sizes: Record<string, number>;
}

export const COLUMNS = [
  "#",
  "node",
  "op",
  "shape",
  "value",
  "gradient",
  "J to input",
  "gain",
  "keeps",
  "line",
  "histogram",
  "health",
];
export const SORTED_BY_SIZE = ["#", "shape", "value", "gradient", "gain"];
const NOTHING = "-";
const LETTERS = 40;
const BARS = "▁▂▃▄▅▆▇█";
const SEVERITIES = { error: 3, warning: 2, note: 1 };

export function rowsOf(graph: GraphDocument): Row[] {
  const rows = new Rows(graph);
  return inOrder(graph).map((number) => rows.row(graph.nodes[number]!));
}

/** All variables but constants, which stand in the boxes that use them; in the order of the table. */
function inOrder(graph: GraphDocument): number[] {
  const found: number[] = [];
  const waiting = [{ kind: "group", number: 0 }];
  while (waiting.length) {
    const { kind, number } = waiting.pop()!;
    if (kind === "node") found.push(number);
    else waiting.push(...graph.levels[number]!.items.filter((item) => item.kind === "node" || item.kind === "group").reverse());
  }
  return found;
}

class Rows {
  private readonly edges = new Map<number, GraphEdge[]>();
  /** By variable, what its operation keeps for which of its edges. */
  private readonly keeps = new Map<number, [argument: number, kept: number][]>();

  constructor(private readonly graph: GraphDocument) {
    for (const edge of graph.edges) {
      const edges = this.edges.get(edge.to);
      if (edges) edges.push(edge);
      else this.edges.set(edge.to, [edge]);
    }
    for (const { id, kept } of graph.nodes) {
      for (const [to, argument] of kept?.for ?? []) {
        const kept = this.keeps.get(to) ?? [];
        kept.push([argument, id]);
        this.keeps.set(to, kept);
      }
    }
  }

  row(node: GraphNode): Row {
    const { graph } = this;
    const path = [...this.path(node.group), node.label].join("/");
    const cells: Record<string, string> = {
      "#": String(node.id),
      node: shortened(path, LETTERS),
      op: this.operation(node),
      shape: shapeText(node.shape) || "scalar",
    };
    const sizes: Record<string, number> = { "#": node.id, shape: node.shape.reduce((a, b) => a * b, 1) };
    const edges = (this.edges.get(node.id) ?? []).filter(({ from }) => graph.nodes[from]!.group >= 0);
    if (node.operation !== null) {
      cells["J to input"] = edges.map(({ structure }) => structure).join(" | ");
      if (edges.some(({ gain }) => gain !== undefined)) {
        cells["gain"] = edges.map(({ gain }) => (gain === undefined ? NOTHING : numberText(gain))).join(" | ");
        sizes["gain"] = Math.max(...edges.map(({ gain }) => sizeOf(gain ?? 0)));
      }
      cells["keeps"] = this.kept(node);
      const source = node.source === null ? undefined : graph.sources[node.source];
      if (source) cells["line"] = `${source.file}:${source.line}`;
    }
    if (node.health?.kind === "failed") {
      const operands = node.inputs.map((number) => operandText(graph.nodes[number]!));
      Object.assign(cells, { op: `${node.word} ${operands.join(", ")}`, shape: "", "J to input": "", keeps: "", health: "!! failed" });
    } else if (node.health && (node.health.kind === "poisoned" || node.health.severity !== "note")) {
      const { kind, brief, message, severity } = node.health;
      cells["health"] = kind === "poisoned" ? message : `!! ${[kind, brief].filter(Boolean).join(", ")}`;
      sizes["health"] = SEVERITIES[severity];
    }
    if (node.value) {
      cells["value"] = valueText(node, node.value.numbers, node.value.statistics.rms);
      sizes["value"] = sizeOf(node.value.statistics.rms);
      if (node.value.histogram && count(node.shape) > BARS.length) cells["histogram"] = bars(node.value.histogram.counts);
    }
    if (node.gradient) {
      const described = "no_path" in node.gradient ? null : node.gradient;
      cells["gradient"] = described ? valueText(node, described.numbers, described.statistics.rms) : "0";
      sizes["gradient"] = described ? sizeOf(described.statistics.rms) : 0;
    }
    return { number: node.id, path, cells, sizes };
  }

  private kept(node: GraphNode): string {
    const found = this.keeps.get(node.id) ?? [];
    const place = (kept: number): number => node.inputs.indexOf(kept) >>> 0; // results come last
    found.sort(([a, u], [b, v]) => a - b || place(u) - place(v) || u - v);
    const numbers = [...new Set(found.map(([, kept]) => kept))].filter((number) => this.graph.nodes[number]!.group >= 0);
    return numbers.map((number) => this.graph.nodes[number]!.name).join(",");
  }

  private path(group: number): string[] {
    const { title, parent } = this.graph.groups[group]!;
    return group > 0 ? [...this.path(parent ?? 0), title] : [];
  }

  private operation(node: GraphNode): string {
    if (node.operation === null) return node.role;
    const words = node.drawn.boxes.compact ?? node.drawn.boxes.lecture;
    const { graph } = this;
    const chips = [...(words?.lines ?? []), words?.sign ?? []].flat().filter(([, kind]) => kind === "chip");
    const constants = chips.filter(([, , , , constant]) => count(graph.nodes[constant!]!.shape) === 1).map(([text]) => text);
    return [node.word, ...constants].join(" ");
  }
}

/** `W (5,4)` of what an operation was applied to that failed. */
function operandText({ named, label, shape }: GraphNode): string {
  return `${named ? label : ""} ${shapeText(shape)}`.trim();
}

function count(shape: number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** For sorting: what is not finite is the greatest. */
function sizeOf(x: Num | null): number {
  return typeof x === "number" ? Math.abs(x) : x === null ? 0 : Infinity;
}

function valueText(node: GraphNode, numbers: Nested | undefined, rms: Num | null): string {
  if (count(node.shape) !== 1 || !/^(bool|u?int|float)/.test(node.dtype)) return numberText(rms);
  let value: unknown = numbers ?? null;
  while (Array.isArray(value)) value = value[0];
  if (typeof value === "boolean") return value ? "True" : "False";
  return node.dtype.startsWith("float") ? numberText(value as Num | null) : String(value);
}

function bars(counts: number[]): string {
  if (counts.length < 8) return "";
  const eighths = Array.from({ length: 8 }, (_, k) => {
    const part = counts.slice(Math.trunc((k * counts.length) / 8), Math.trunc(((k + 1) * counts.length) / 8));
    return part.reduce((a, b) => a + b, 0);
  });
  const most = Math.max(...eighths);
  return eighths.map((each) => BARS[Math.ceil((each * (BARS.length - 1)) / most)]!).join("");
}
