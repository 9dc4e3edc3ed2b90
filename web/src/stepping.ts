// Algorithms 6.1 and 6.2 one step at a time. What is known after a step follows from its number alone, so that going
// back is exact. Nothing here touches the page.

import type { GraphDocument, GraphEdge, GraphNode, Show } from "./document";
import type { Teaching } from "./store";

/** A part of a gradient's sum: where back-propagation starts, or what one edge adds. */
export type Term = "seed" | GraphEdge;

export type Step =
  | { kind: "value"; node: number }
  | { kind: "term"; node: number; term: Term; place: number }
  | { kind: "nothing"; node: number };

/**
 * An entry of grad_table after some steps: how many terms of its sum are there. A sum without terms is "zero" where
 * every way to the loss is through an exact zero.
 */
export interface Entry {
  state: "unknown" | "partial" | "done" | "zero" | "no path" | "no derivative";
  have: number;
  terms: readonly Term[];
}

export class Stepping {
  /** Why the backward pass cannot begin; null where it can. */
  readonly refused: string | null;
  /** What is done at each step, from the first on. */
  readonly steps: readonly Step[];
  private readonly computed: number[];
  private readonly arrivals: number[][];
  private readonly unreached = new Map<number, number>();

  constructor(
    private readonly graph: GraphDocument,
    teaching: Teaching,
    private readonly terms: readonly (readonly Term[])[] = termsOf(graph),
    private readonly connected: ReadonlySet<number> = connectedOf(graph),
  ) {
    this.refused = refusal(graph);
    const order = forwardOrder(graph);
    const backward = this.refused !== null ? [] : teaching === "pull" ? this.pull() : this.push();
    this.steps = [...order.map((node): Step => ({ kind: "value", node })), ...backward];
    this.computed = new Array<number>(graph.nodes.length);
    this.arrivals = graph.nodes.map(() => []);
    this.steps.forEach(({ kind, node }, place) => {
      if (kind === "value") this.computed[node] = place + 1;
      else if (kind === "term") this.arrivals[node]!.push(place + 1);
      else this.unreached.set(node, place + 1);
    });
  }

  /** The same graph, taught the other way. */
  taught(teaching: Teaching): Stepping {
    return new Stepping(this.graph, teaching, this.terms, this.connected);
  }

  get last(): number {
    return this.steps.length;
  }

  /** Steps of the forward pass, one for each variable. */
  get forward(): number {
    return this.graph.nodes.length;
  }

  /** What the step with this number does; null before the first one. */
  at(step: number): Step | null {
    return this.steps[step - 1] ?? null;
  }

  /** The step that computes a variable. */
  computedAt(node: number): number {
    return this.computed[node]!;
  }

  /** The step after which nothing is added to the entry of a variable any more; null where none ever is made. */
  doneAt(node: number): number | null {
    return this.arrivals[node]!.at(-1) ?? this.unreached.get(node) ?? null;
  }

  /** The step from which on all is known of the gradient of a variable; of one that never has any, from the start. */
  knownAt(node: number): number {
    return carriesDerivative(this.graph.nodes[node]!) ? (this.doneAt(node) ?? Infinity) : 0;
  }

  entry(node: number, step: number): Entry {
    const terms = this.terms[node]!;
    if (!carriesDerivative(this.graph.nodes[node]!)) return { state: "no derivative", have: 0, terms };
    const have = this.arrivals[node]!.filter((arrival) => arrival <= step).length;
    const reached = this.unreached.get(node);
    if (reached !== undefined && reached <= step) return { state: this.connected.has(node) ? "zero" : "no path", have, terms };
    return { state: have === 0 ? "unknown" : have < terms.length ? "partial" : "done", have, terms };
  }

  // The two ways to run through the sums. Both begin with the seeds and end in the same table.

  /** For each variable, from the last to the first: the sum over its consumers. */
  private pull(): Step[] {
    const found = this.seeds();
    for (const { id } of this.graph.nodes.toReversed()) {
      this.terms[id]!.forEach((term, place) => {
        if (term !== "seed") found.push({ kind: "term", node: id, term, place });
      });
      this.passBy(id, found);
    }
    return found;
  }

  /** For each operation, from the last to the first: what it adds to each of its arguments. */
  private push(): Step[] {
    const found = this.seeds();
    const leaving = new Map<number, Step[]>();
    this.terms.forEach((terms, node) =>
      terms.forEach((term, place) => {
        if (term === "seed") return;
        const steps = leaving.get(term.to);
        const step: Step = { kind: "term", node, term, place };
        if (steps) steps.push(step);
        else leaving.set(term.to, [step]);
      }),
    );
    for (const { id } of this.graph.nodes.toReversed()) {
      found.push(...(leaving.get(id) ?? []).sort((a, b) => argumentOf(a) - argumentOf(b)));
      this.passBy(id, found);
    }
    return found;
  }

  private seeds(): Step[] {
    return this.terms.flatMap((terms, node): Step[] =>
      terms[0] === "seed" ? [{ kind: "term", node, term: "seed", place: 0 }] : [],
    );
  }

  /** Where nothing has arrived when it is the turn of a variable, nothing will. */
  private passBy(node: number, found: Step[]): void {
    if (!this.terms[node]!.length && carriesDerivative(this.graph.nodes[node]!)) found.push({ kind: "nothing", node });
  }
}

/** What a box shows while steps are made: values on the way forward, gradients on the way back. */
export function showAt(graph: GraphDocument, step: number): Show {
  return step > graph.nodes.length ? "gradient" : "value";
}

/** Inputs and constants first, then operations in the order of the trace. */
function forwardOrder({ nodes }: GraphDocument): number[] {
  const leaves = nodes.filter(({ operation }) => operation === null);
  const made = nodes.filter(({ operation }) => operation !== null);
  return [...leaves, ...made].map(({ id }) => id);
}

export function carriesDerivative({ dtype }: GraphNode): boolean {
  return /^(float|complex|longdouble|clongdouble)/.test(dtype);
}

function argumentOf(step: Step): number {
  return step.kind === "term" && step.term !== "seed" ? step.term.argument : -1;
}

function hasGradients({ summary }: GraphDocument): boolean {
  return summary.backward === "ok" || summary.backward === "not finite";
}

function refusal(graph: GraphDocument): string | null {
  const { summary, outputs, nodes, findings, edges } = graph;
  if (hasGradients(graph)) return null;
  const missing = findings.find(({ kind }) => kind === "no derivative")?.message;
  if (missing !== undefined) return missing;
  const [output] = outputs.map((number) => nodes[number]!);
  const one = outputs.length === 1 && !output!.shape.length && output!.dtype.startsWith("float");
  if (!one) return "back-propagation starts from 1 for a single real number only: give seeds= for each output";
  if (summary.backward !== undefined) return "no gradient is in this page";
  return edges.some(({ structure }) => structure === "undeclared") ? "an operation here has no derivative" : null;
}

/** The sum of each gradient: the seed, then what edges add, from the last operation to the first. */
function termsOf(graph: GraphDocument): Term[][] {
  const { nodes, edges } = graph;
  const terms: Term[][] = nodes.map(() => []);
  if (refusal(graph) !== null) return terms;
  const measured = hasGradients(graph);
  for (const number of new Set(graph.outputs)) {
    if (measured ? nodes[number]!.seed !== undefined : carriesDerivative(nodes[number]!)) terms[number]!.push("seed");
  }
  // From the last operation to the first, its arguments in their order.
  const sorted = edges.toSorted((a, b) => firstPart(nodes, b.to) - firstPart(nodes, a.to) || a.argument - b.argument || a.to - b.to);
  let before: GraphEdge | null = null;
  for (const edge of sorted) {
    const again = before !== null && firstPart(nodes, before.to) === firstPart(nodes, edge.to) && before.argument === edge.argument;
    const adds = measured ? edge.contribution !== undefined : !again && passes(graph, edge, terms);
    if (!adds) continue;
    terms[edge.from]!.push(edge);
    before = edge;
  }
  return terms;
}

/** The variables from which a path leads to a result, whatever the numbers on it. */
function connectedOf({ nodes, edges, outputs }: GraphDocument): Set<number> {
  const found = new Set(outputs);
  for (const { from, to, structure } of edges.toSorted((a, b) => b.to - a.to)) {
    if (structure !== "zero" && found.has(to) && carriesDerivative(nodes[from]!)) found.add(from);
  }
  return found;
}

/** Without numbers: whether a gradient arrives and the local Jacobian lets it through. */
function passes({ nodes }: GraphDocument, { from, to, structure }: GraphEdge, terms: Term[][]): boolean {
  return structure !== "zero" && terms[to]!.length > 0 && carriesDerivative(nodes[from]!);
}

/** Operations with several results stand where the first of them does. */
function firstPart(nodes: readonly GraphNode[], number: number): number {
  return number - (nodes[number]!.part ?? 0);
}
