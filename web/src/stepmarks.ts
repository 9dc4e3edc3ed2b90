// The steps in the picture: what is computed, what is at work, which edge carries a contribution against its arrow, and
// in the boxes only what is known by then. Classes, texts of numbers and a layer of marks on top; nothing else.

import { amountOf, amountOfTerm, shortText } from "./amounts";
import type { GraphDocument, GraphEdge, GraphNode } from "./document";
import { svgElement } from "./elements";
import { termsText } from "./gradtable";
import { shortened } from "./numbers";
import type { Page } from "./page";
import { spokenNode } from "./spoken";
import type { Entry, Step, Stepping } from "./stepping";
import { edgesByName } from "./svg";
import { Withheld } from "./withheld";

const CLASSES = ["step-ahead", "step-now", "step-against", "step-glow", "step-passed", "step-partial", "step-none"];
const LAYER = "step-marks";
const GLYPH = 10;
const NEAR = 34;

/** Of a group: after which steps its first and its last variable are computed, and all its gradients are known. */
interface Span {
  begun: number;
  computed: number;
  done: number;
}

export class StepMarks {
  private readonly withheld: Withheld;
  private readonly members: number[][];
  private readonly edges: ReadonlyMap<string, GraphEdge>;
  private spans: { stepping: Stepping; found: Span[] } | null = null;

  constructor(private readonly page: Page) {
    this.edges = edgesByName(page.graph);
    this.members = membersOf(page.graph);
    this.withheld = new Withheld(() => page.canvas.svg);
  }

  clear(): void {
    const { svg } = this.page.canvas;
    svg.classList.remove("stepping");
    svg.querySelector(`.${LAYER}`)?.remove();
    for (const name of CLASSES) for (const each of svg.querySelectorAll(`.${name}`)) each.classList.remove(name);
    this.withheld.restore();
  }

  show(stepping: Stepping, number: number): void {
    this.clear();
    const { canvas, graph } = this.page;
    const { svg } = canvas;
    svg.classList.add("stepping");
    const layer = svgElement("g", { class: LAYER });
    svg.querySelector(".nodes")!.after(layer);
    for (const shape of svg.querySelectorAll<SVGGElement>(".node")) this.node(shape, graph.nodes[Number(shape.dataset["node"])]!, stepping, number, layer);
    for (const shape of svg.querySelectorAll<SVGGElement>(".closed.group")) this.group(shape, stepping, number);
    for (const edge of svg.querySelectorAll<SVGGElement>(".edge[data-from]")) this.edge(edge, stepping, number);
    const step = stepping.at(number);
    if (step) this.work(step, layer);
  }

  /** What is at work in a step. */
  private work(step: Step, layer: Element): void {
    const { canvas, graph } = this.page;
    const node = graph.nodes[step.node]!;
    const now = canvas.showing(step.node) ?? canvas.svg.querySelector(`[data-constant="${step.node}"]`);
    now?.classList.add("step-now");
    if (now?.classList.contains("group")) this.inside(now as SVGGElement, node, layer);
    if (step.kind === "value") {
      node.inputs.forEach((input, argument) => {
        const from = canvas.showing(input) ?? canvas.svg.querySelector(`[data-constant="${input}"][data-argument="${argument}"]`);
        if (from !== now) from?.classList.add("step-glow");
        for (const way of this.ways(input, node.id, argument)) way.classList.add("step-now");
      });
    } else if (step.kind === "term" && step.term !== "seed") {
      const { term } = step;
      const consumer = canvas.showing(term.to);
      if (consumer !== now) consumer?.classList.add("step-glow");
      const ways = this.ways(term.from, term.to, term.argument);
      for (const way of ways) {
        way.classList.add("step-now", "step-against");
        against(way, layer);
      }
      if (ways.length) this.carried(arriving(ways, now), term, shortText(amountOfTerm(graph, node.id, term)), layer);
    }
    if (now) canvas.reveal(now);
  }

  private node(shape: SVGGElement, node: GraphNode, stepping: Stepping, number: number, layer: Element): void {
    const isComputed = stepping.computedAt(node.id) <= number;
    const isBackward = number > stepping.forward;
    const entry = stepping.entry(node.id, number);
    if (!isComputed) shape.classList.add("step-ahead");
    if (isBackward && entry.state === "partial") {
      shape.classList.add("step-partial");
      layer.append(badge(shape, `${entry.have} of ${entry.terms.length}`));
    }
    if (isBackward && entry.state === "no path") shape.classList.add("step-none");
    this.label(shape, node, isComputed, entry);
    const words = this.words(node, isComputed, entry);
    for (const text of shape.querySelectorAll(".number")) this.withheld.write(text, words);
  }

  /** Who listens is told no more than who looks. */
  private label(shape: SVGGElement, node: GraphNode, isComputed: boolean, entry: Entry): void {
    const gradient = { unknown: "not computed yet", partial: termsText(entry) }[entry.state as string] ?? null;
    this.withheld.label(shape, spokenNode(node, { value: isComputed, gradient }));
  }

  /** What stands in a box, null for what stands there anyway. */
  private words(node: GraphNode, isComputed: boolean, entry: Entry): string | null {
    const { show } = this.page.store.state;
    if (show === "memory") return null;
    if (show === "value" || show === "health") return isComputed ? null : "–";
    return this.gradientText(node, entry);
  }

  private gradientText(node: GraphNode, entry: Entry): string | null {
    if (entry.state === "done" || entry.state === "no derivative") return null;
    if (entry.state === "no path") return "no path";
    if (entry.state === "zero") return "∂ 0";
    return entry.state === "partial" ? `∂ ${shortText(amountOf(this.page.graph, node.id, entry))}` : "∂ –";
  }

  private group(shape: SVGGElement, stepping: Stepping, number: number): void {
    const { begun, computed, done } = this.spansOf(stepping)[Number(shape.dataset["group"])]!;
    if (begun > number) shape.classList.add("step-ahead");
    const { show } = this.page.store.state;
    const isKnown = show === "memory" || (["value", "health"].includes(show) ? computed : done) <= number;
    for (const text of shape.querySelectorAll(".number")) this.withheld.write(text, isKnown ? null : "–");
  }

  private spansOf(stepping: Stepping): Span[] {
    if (this.spans?.stepping !== stepping) {
      const most = (all: number[]): number => all.reduce((a, b) => Math.max(a, b), 0);
      const found = this.members.map((members): Span => {
        const computed = members.map((member) => stepping.computedAt(member));
        const done = members.map((member) => stepping.knownAt(member));
        return { begun: computed.reduce((a, b) => Math.min(a, b), Infinity), computed: most(computed), done: most(done) };
      });
      this.spans = { stepping, found };
    }
    return this.spans.found;
  }

  private edge(shape: SVGGElement, stepping: Stepping, number: number): void {
    const { from, to, argument } = shape.dataset;
    const end = to === undefined ? Number(from) : Number(to);
    if (stepping.computedAt(end) > number) shape.classList.add("step-ahead");
    if (to === undefined) return;
    const arriving = this.edges.get(shape.id)!;
    if (!this.page.known.sent(arriving)) this.withholdGain(shape);
    if (number <= stepping.forward) return;
    const { terms, have } = stepping.entry(Number(from), number);
    const place = terms.findIndex((term) => term !== "seed" && term.to === end && term.argument === Number(argument));
    if (place >= 0 && place < have) shape.classList.add("step-passed");
  }

  /** The sign of a Jacobian without its gain. */
  private withholdGain(shape: SVGGElement): void {
    const text = shape.querySelector(".glyph text");
    const [letters, gain] = text?.textContent?.split("×") ?? [];
    if (gain !== undefined) this.withheld.write(text!, letters!.trimEnd());
  }

  /** Which variable of a closed group it is. */
  private inside(shape: SVGGElement, node: GraphNode, layer: Element): void {
    const members = this.members[Number(shape.dataset["group"])]!;
    layer.append(badge(shape, `${shortened(node.label, 22)}: ${members.indexOf(node.id) + 1} of ${members.length}`));
  }

  /** The drawn edges on the way from a variable to the operation that uses it, from the outside in. */
  private ways(from: number, to: number, argument: number): SVGGElement[] {
    const { canvas, graph } = this.page;
    const own = canvas.find(`e${to}-${argument}`);
    const lifted = [...canvas.svg.querySelectorAll<SVGGElement>('.edge[id^="l"]')].filter((shape) => {
      const [group, place] = shape.id.slice(1).split("-").map(Number) as [number, number];
      const level = graph.levels[group]!;
      const edge = level.edges[place]!;
      const [source, target] = [level.items[edge.from]!, level.items[edge.to]!];
      const leaves = source.kind === "group" ? this.holds(source.number, from) : source.number === from;
      const arrives = target.kind === "group" ? this.holds(target.number, to) : target.kind === "out" && !this.holds(group, to);
      return leaves && arrives;
    });
    const exact = lifted.filter((shape) => Number(shape.dataset["from"]) === from);
    return [...(exact.length ? exact : lifted.slice(0, 1)), ...(own ? [own] : [])];
  }

  private holds(group: number, number: number): boolean {
    const { graph } = this.page;
    for (let at: number | null = graph.nodes[number]!.group; at !== null && at >= 0; at = graph.groups[at]!.parent) {
      if (at === group) return true;
    }
    return false;
  }

  /** On the edge: the sign of its Jacobian and what it adds. */
  private carried(way: SVGGElement, { structure }: GraphEdge, text: string, layer: Element): void {
    const path = way.querySelector("path")!;
    const { x, y } = path.getPointAtLength(Math.min(path.getTotalLength() / 2, NEAR));
    const sign = this.page.constants.glyphs[structure];
    const width = 6 + 6.2 * text.length + GLYPH + 8;
    const glyph = svgElement("g", { class: "glyph", transform: `translate(${-width / 2 + 5} ${-GLYPH / 2})` });
    glyph.append(svgElement("rect", { class: "frame", width: GLYPH, height: GLYPH, "stroke-width": 0.8 }));
    if (sign?.lines) glyph.append(svgElement("path", { class: "line", d: sign.lines, "stroke-width": 1.2 }));
    if (sign?.areas) glyph.append(svgElement("path", { class: "area", d: sign.areas }));
    layer.append(
      svgElement(
        "g",
        { class: "step-carried", transform: `translate(${x} ${y})` },
        svgElement("title", {}, `times the transposed local Jacobian (${structure}) gives ${text}`),
        svgElement("rect", { class: "body", x: -width / 2, y: -9, width, height: 18, rx: 9 }),
        glyph,
        svgElement("text", { x: GLYPH / 2 + 3, y: 3.6, "font-size": 10, "text-anchor": "middle" }, text),
      ),
    );
  }
}

/** Of the parts of a way the one that begins at a box. */
function arriving(ways: SVGGElement[], box: Element | null): SVGGElement {
  if (ways.length === 1 || !box) return ways[0]!;
  const { left, top, width, height } = box.getBoundingClientRect();
  const distance = (way: SVGGElement): number => {
    const path = way.querySelector("path")!;
    const { x, y } = path.getPointAtLength(0).matrixTransform(path.getScreenCTM()!);
    return Math.hypot(x - left - width / 2, y - top - height / 2);
  };
  return ways.reduce((nearest, way) => (distance(way) < distance(nearest) ? way : nearest));
}

/** A word at the lower left corner of a box, or above it where there is another mark. */
function badge(shape: SVGGElement, words: string): SVGElement {
  const box = shape.querySelector<SVGGraphicsElement>(".body")!.getBBox();
  const width = 12 + 5.6 * words.length;
  const [x, y] = [box.x + 6, shape.querySelector(".flag") ? box.y - 10 : box.y + box.height - 6];
  return svgElement(
    "g",
    { class: "step-badge" },
    svgElement("rect", { class: "body", x, y, width, height: 14, rx: 7 }),
    svgElement("text", { x: x + width / 2, y: y + 10.3, "font-size": 9, "text-anchor": "middle" }, words),
  );
}

/** A tip where the edge begins: a gradient flows against the arrow. */
function against(way: SVGGElement, layer: Element): void {
  const path = way.querySelector("path")!;
  const [end, before] = [path.getPointAtLength(0), path.getPointAtLength(8)];
  const angle = (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI;
  layer.append(svgElement("path", { class: "step-tip", d: "M0 0L-9 -4.5V4.5z", transform: `translate(${end.x} ${end.y}) rotate(${angle})` }));
}

/** The variables of each group, with those of the groups in it, in the order of the trace. */
export function membersOf(graph: GraphDocument): number[][] {
  const found: number[][] = graph.groups.map(() => []);
  for (const { id, group } of graph.nodes) {
    for (let at: number | null = group; at !== null && at >= 0; at = graph.groups[at]!.parent) found[at]!.push(id);
  }
  return found;
}
