// The formula of a step: in general, with the user's names, the operation's rule, with shapes, with numbers.

import { amountOf, amountOfTerm, formulaText } from "./amounts";
import type { GraphDocument, GraphNode, Nested } from "./document";
import { element } from "./elements";
import { formula } from "./formula";
import { type Mark, derivative, fenced, mark, math, name, numbered, plain, separated, sign, transposed } from "./mathml";
import { numberText, shapeText, shortened } from "./numbers";
import { ruleOf } from "./rule_section";
import type { Entry, Step, Stepping, Term } from "./stepping";
import type { Teaching } from "./store";

const MOST_TERMS = 4;
const LETTERS = 18;
const MARGIN = 12;

type Lines = [general: Mark[], names: Mark[], rule: Mark[], shapes: Mark[], numbers: Mark[]];

const WORDS = ["in general", "here", "rule", "shapes", "numbers"];

export class StepFormula {
  constructor(
    private readonly slot: HTMLElement,
    private readonly graph: GraphDocument,
  ) {}

  show(stepping: Stepping, number: number, teaching: Teaching): void {
    const step = stepping.at(number);
    this.slot.replaceChildren();
    if (step === null) {
      this.slot.append(element("p", { class: "muted" }, "No variable has a value yet. The next step (n) gives the first its own."));
      return;
    }
    const lines = step.kind === "value" ? this.forward(this.node(step.node)) : this.backward(step, stepping.entry(step.node, number), teaching);
    lines.forEach((line, k) => {
      if (line.length) this.slot.append(element("div", { class: "line" }, element("span", { class: "muted" }, WORDS[k]!), math(...line)));
    });
    const end = Math.max(0, ...[...this.slot.querySelectorAll(".current")].map((each) => each.getBoundingClientRect().right));
    this.slot.scrollLeft = 0;
    this.slot.scrollLeft = end - this.slot.getBoundingClientRect().right + MARGIN;
  }

  private node(number: number): GraphNode {
    return this.graph.nodes[number]!;
  }

  private forward(node: GraphNode): Lines {
    const u = numbered("u", "i");
    if (node.operation === null) {
      const given = node.role === "constant" ? "a constant" : "given";
      return [[u, sign("←"), mark("msub", mark("mi", "x"), mark("mi", "i"))], [label(node), sign("="), plain(given)], [], [shape(node)], [number(valueText(node))]];
    }
    const inputs = node.inputs.map((number) => this.node(number));
    const call = (result: Mark, values: Mark[]): Mark[] => [result, sign("="), plain(node.word), fenced(...separated(few(values), ","))];
    const known = inputs.every((input) => input.value !== undefined || input.constant !== undefined);
    return [
      [u, sign("="), mark("msup", mark("mi", "f"), fenced(mark("mi", "i"))), fenced(mark("msup", mark("mi", "𝔸"), fenced(mark("mi", "i"))))],
      call(label(node), inputs.map(label)),
      written(ruleOf(this.graph, node)?.forward.mathml),
      call(shape(node), inputs.map(shape)),
      node.value && known ? this.values(node, inputs) : [],
    ];
  }

  private backward(step: Step, entry: Entry, teaching: Teaching): Lines {
    const node = this.node(step.node);
    const bar = derivative(this.loss(), label(node));
    const general = teaching === "pull" || step.kind === "nothing" ? pulled() : pushed();
    if (step.kind === "nothing") {
      const why = entry.state === "zero" ? "each way to the loss is times an exact zero" : "no path to the loss";
      return [general, [bar, sign("="), plain(`a sum without terms: ${why}`)], [], [], []];
    }
    const { terms } = entry;
    if (step.kind === "term" && step.term === "seed" && terms.length === 1) {
      return [[derivative(numbered("u", "n"), numbered("u", "n")), sign("="), mark("mn", "1")], [bar, sign("="), mark("mn", "1")], [], [shape(node)], this.numbers(node, entry)];
    }
    const sum = (of: (term: Term) => Mark): Mark[] => this.sum(entry, of);
    return [
      general,
      [bar, sign("="), ...sum((term) => (term === "seed" ? plain("seed") : this.product(this.node(term.to), node)))],
      step.kind === "term" && step.term !== "seed" ? this.rule(step.term) : [],
      [shape(node), sign("="), ...sum((term) => (term === "seed" ? shape(node) : shapes(term)))],
      this.numbers(node, entry),
    ];
  }

  /** How the operation at the other end of an edge hands a gradient back, as its rule says. */
  private rule({ to, argument }: Exclude<Term, "seed">): Mark[] {
    return written(ruleOf(this.graph, this.node(to))?.backward.find((each) => each.argument === argument)?.mathml);
  }

  /** Of arrays that are too large only sizes, which no formula relates. */
  private values(node: GraphNode, inputs: GraphNode[]): Mark[] {
    const [result, ...given] = [node, ...inputs].map(valueText);
    if ([result, ...given].some(isSize)) return [plain(`${result} from ${fewOf(given).join(", ")}`)];
    return [number(result!), sign("="), plain(node.word), fenced(...separated(few(given.map(number)), ","))];
  }

  private numbers(node: GraphNode, entry: Entry): Mark[] {
    if (node.gradient === undefined) return [];
    const total = formulaText(amountOf(this.graph, node.id, entry));
    const soFar = entry.have < entry.terms.length ? "\u00a0so far" : "";
    const isLarge = isSize(total);
    const parts = this.sum(entry, (term, isThere) => (isThere ? this.termNumbers(node, term) : plain("–")), isLarge ? "," : "+");
    return [number(total), plain(soFar), isLarge ? plain(", of the terms\u00a0") : sign("="), ...parts];
  }

  /** Of single numbers the product itself. */
  private termNumbers(node: GraphNode, term: Term): Mark {
    const text = formulaText(amountOfTerm(this.graph, node.id, term));
    if (term === "seed") return number(text);
    const jacobian = term.full === 1 ? term.sample?.entries[0]?.[0] : undefined;
    const arriving = this.node(term.to).gradient as { numbers?: Nested } | undefined;
    if (jacobian === undefined || typeof arriving?.numbers !== "number") return number(text);
    return mark("mrow", factor(numberText(jacobian)), sign("·"), factor(numberText(arriving.numbers)));
  }

  /** The terms with those around the last one shown, which is marked; those to come are faint. */
  private sum({ terms, have }: Entry, of: (term: Term, isThere: boolean) => Mark, between = "+"): Mark[] {
    const first = Math.max(0, Math.min(have - 2, terms.length - MOST_TERMS));
    const shown = terms.slice(first, first + MOST_TERMS).map((term, k) => {
      const place = first + k;
      const made = mark("mrow", of(term, place < have));
      made.setAttribute("class", place === have - 1 ? "current" : place < have ? "there" : "coming");
      return made;
    });
    const before = first > 0 ? [sign("…")] : [];
    const after = first + MOST_TERMS < terms.length ? [sign("…")] : [];
    return separated([...before, ...shown, ...after], between);
  }

  private product(consumer: GraphNode, node: GraphNode): Mark {
    const jacobian = transposed(fenced(derivative(label(consumer), label(node))));
    return mark("mrow", jacobian, derivative(this.loss(), label(consumer)));
  }

  private loss(): Element {
    const { outputs } = this.graph;
    return outputs.length === 1 ? label(this.node(outputs[0]!)) : mark("mi", "L");
  }
}

/** ∂u⁽ⁿ⁾/∂u⁽ʲ⁾ = Σ (∂u⁽ⁱ⁾/∂u⁽ʲ⁾)ᵀ ∂u⁽ⁿ⁾/∂u⁽ⁱ⁾ */
function pulled(): Mark[] {
  const over = mark("mrow", mark("mi", "i"), sign(":"), mark("mi", "j"), sign("∈"), mark("mi", "Pa"), fenced(numbered("u", "i")));
  return [gradient("j"), sign("="), mark("munder", sign("∑"), over), addition()];
}

function pushed(): Mark[] {
  return [gradient("j"), sign("←"), gradient("j"), sign("+"), addition()];
}

function addition(): Mark {
  return mark("mrow", transposed(fenced(derivative(numbered("u", "i"), numbered("u", "j")))), gradient("i"));
}

const gradient = (index: string): Element => derivative(numbered("u", "n"), numbered("u", index));

/** What Python has written, without the element around it. */
function written(mathml: string | undefined): Element[] {
  return mathml === undefined ? [] : [...formula(mathml).children];
}

function label(node: GraphNode): Element {
  return name(shortened(node.label, LETTERS));
}

function shape({ shape: axes }: GraphNode): Element {
  return plain(shapeText(axes) || "scalar");
}

/** The Jacobian's size and structure, applied to the gradient's shape. */
function shapes({ shape: [y, x], structure }: Exclude<Term, "seed">): Mark {
  const size = (axes: number[]): string => String(axes.reduce((product, axis) => product * axis, 1));
  const jacobian = mark("munder", transposed(plain(`[${size(y)} × ${size(x)}]`)), plain(structure));
  return mark("mrow", jacobian, plain(shapeText(y) || "scalar"));
}

function valueText({ value, constant }: GraphNode): string {
  if (value === undefined && constant !== undefined && !Array.isArray(constant)) return formulaText({ numbers: constant });
  const { numbers, statistics } = value ?? {};
  return formulaText({ ...(numbers !== undefined && { numbers }), ...(statistics?.rms != null && { rms: statistics.rms }) });
}

const isSize = (text: string | undefined): boolean => text?.startsWith("rms") ?? false;
const number = (text: string): Element => mark("mn", text);
const factor = (text: string): Element => (text.startsWith("-") ? fenced(number(text)) : number(text));

function few(items: Mark[]): Mark[] {
  return items.length <= MOST_TERMS ? items : [...items.slice(0, MOST_TERMS - 1), sign("…"), items.at(-1)!];
}

function fewOf(texts: string[]): string[] {
  return texts.length <= MOST_TERMS ? texts : [...texts.slice(0, MOST_TERMS - 1), "…", texts.at(-1)!];
}
