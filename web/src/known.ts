// What is known while steps are made: of a variable its value once it is computed, its gradient once nothing is added to
// it any more, of an edge what it sends back once that is added. Where nobody steps, all is known.

import type { GradientGraph, GraphDocument, GraphEdge, GraphNode, Rule } from "./document";
import { Stepping } from "./stepping";
import type { Store, Teaching } from "./store";

export interface Known {
  value(number: number): boolean;
  gradient(number: number): boolean;
  sent(edge: GraphEdge): boolean;
}

/** After the steps that are done in a graph. */
export class KnownSoFar implements Known {
  private readonly taught: Partial<Record<Teaching, Stepping>> = {};
  private readonly first: Stepping;

  constructor(
    graph: GraphDocument,
    private readonly store: Store,
  ) {
    const { teaching } = store.state;
    this.first = this.taught[teaching] = new Stepping(graph, teaching);
  }

  /** The steps as they are taught now. */
  get stepping(): Stepping {
    const { teaching } = this.store.state;
    return (this.taught[teaching] ??= this.first.taught(teaching));
  }

  private get step(): number {
    return this.store.state.step ?? Infinity;
  }

  value(number: number): boolean {
    return this.stepping.computedAt(number) <= this.step;
  }

  gradient(number: number): boolean {
    return this.step === Infinity || this.stepping.knownAt(number) <= this.step;
  }

  sent(edge: GraphEdge): boolean {
    if (this.step === Infinity) return true;
    const { have, terms } = this.stepping.entry(edge.from, this.step);
    const place = terms.indexOf(edge);
    return place < 0 ? this.gradient(edge.from) : place < have;
  }
}

/** In the graph of the gradients: a value of the function with it there, what makes a gradient with that gradient. */
export class KnownOfGradients implements Known {
  private readonly values: Map<number, number>;
  private readonly owners = new Map<number, number>();

  constructor(
    { values, links }: GradientGraph,
    private readonly forward: Known,
  ) {
    this.values = new Map(values.map(({ forward, backward }) => [backward, forward]));
    for (const { forward, backward } of links) for (const each of backward) this.owners.set(each, forward);
  }

  value(number: number): boolean {
    const value = this.values.get(number);
    if (value !== undefined) return this.forward.value(value);
    const owner = this.owners.get(number);
    return owner === undefined || this.forward.gradient(owner);
  }

  gradient(): boolean {
    return true;
  }

  sent(): boolean {
    return true;
  }
}

/** A variable without what is not known of it. */
export function nodeSoFar(node: GraphNode, known: Known, edges: readonly GraphEdge[] = []): GraphNode {
  const { value, gradient, health, rule, ...rest } = node;
  return {
    ...rest,
    ...(value && known.value(node.id) && { value }),
    ...(gradient && known.gradient(node.id) && { gradient }),
    ...(health && (known.value(node.id) || health.kind === "failed") && { health }),
    ...(rule && { rule: "backward" in rule ? ruleSoFar(rule, (argument) => !edges[argument] || known.sent(edges[argument])) : rule }),
  };
}

/** An edge without what is not known of it. */
export function edgeSoFar(edge: GraphEdge, known: Known): GraphEdge {
  const { gain, contribution, sample, ...rest } = edge;
  const sent = known.sent(edge);
  return {
    ...rest,
    ...(sent && gain !== undefined && { gain }),
    ...(sent && contribution !== undefined && { contribution }),
    ...(sample && known.value(edge.to) && { sample }),
  };
}

function ruleSoFar(rule: Rule, sent: (argument: number) => boolean): Rule {
  const backward = rule.backward.map(({ numbers, ...each }) => (numbers && sent(each.argument) ? { ...each, numbers } : each));
  return { ...rule, backward };
}
