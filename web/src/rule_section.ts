// The mathematics of an operation: what it computes, and how an argument gets its gradient, with symbols, with shapes
// and, of few numbers, with these.

import { dash, hasFailed } from "./array_section";
import { copyButton } from "./copying";
import type { BackwardRule, Formula, GraphDocument, GraphNode, NameSymbol, Rule } from "./document";
import { choice, element, type Child } from "./elements";
import { formula } from "./formula";

/** Of one argument, or of all of them; and the structures of their Jacobians. */
export function ruleSection(
  graph: GraphDocument,
  node: GraphNode,
  structures: readonly string[],
  argument: number | null = null,
): Child[] {
  const { rule } = node;
  if (node.operation === null) return [dash(node.role === "constant" ? "a constant" : "given, not computed")];
  if (hasFailed(node)) return [dash("it failed")];
  if (rule && "because" in rule) return [dash(rule.because)];
  const known = ruleOf(graph, node);
  if (!known) return [dash("not in this document")];
  const { forward, backward, why } = known;
  const chosen = backward.filter((each) => argument === null || each.argument === argument);
  return [
    line(forward, "what it computes"),
    ...chosen.flatMap((each) => backwardLines(graph, node, each, structures[each.argument])),
    element("p", { class: "why" }, why),
  ];
}

/** The rule of the operation that made a variable, with its names put in; null where the document has none. */
export function ruleOf(graph: GraphDocument, node: GraphNode): Rule | null {
  const { rule } = node;
  if (!rule || "because" in rule) return null;
  return "template" in rule ? filled(graph, node, rule.template) : rule;
}

function backwardLines(
  graph: GraphDocument,
  node: GraphNode,
  each: BackwardRule,
  structure: string | undefined,
): Child[] {
  if (each.tex === undefined || each.mathml === undefined) {
    return [dash(`${graph.nodes[node.inputs[each.argument]!]!.label}: ${each.because ?? "no rule"}`)];
  }
  const rule = { tex: each.tex, mathml: each.mathml };
  const { argument, kronecker, shapes, numbers } = each;
  const shown = element("div", { class: "forms" }, line(rule, "rule"));
  const box = element("div", { class: "backward", "data-argument": argument });
  if (kronecker) box.append(formChoice(shown, { rule, kronecker }, structure === "Kronecker"));
  box.append(
    shown,
    ...(shapes && shapes.mathml !== rule.mathml ? [line(shapes, "with shapes", false)] : []),
    ...(numbers ? [line(numbers, "with numbers", false)] : []),
  );
  return [box];
}

type Form = "kronecker" | "rule";

/** A switch between the local Jacobian as a product of Kronecker's, say, and the rule, which students meet as well. */
function formChoice(shown: HTMLElement, forms: Record<Form, Formula>, isKronecker: boolean): HTMLElement {
  const slot = element("div");
  const show = (form: Form): void => {
    mark(form);
    shown.replaceChildren(line(forms[form], form === "rule" ? "rule" : "Jacobian"));
  };
  const mark = choice(
    slot,
    "form of the rule",
    [
      ["kronecker", isKronecker ? "Kronecker form" : "Jacobian", "the local Jacobian"],
      ["rule", isKronecker ? "rule form" : "rule", "what is sent back"],
    ] as const,
    show,
  );
  show(isKronecker ? "kronecker" : "rule");
  return slot;
}

function line({ tex, mathml }: Formula, words: string, copied = true): HTMLElement {
  return element(
    "div",
    { class: "formula", "data-formula": words },
    element("div", { class: "scrolls", tabindex: 0, role: "group", "aria-label": words }, formula(mathml)),
    copied && copyButton("TeX", "copy this formula as TeX", tex),
  );
}

// Rules of large graphs: `@x0@` is the first argument, `@y0@` the first result, `@bx0@` and `@by0@` their gradients

type Language = keyof Formula;

function filled({ nodes, rules }: GraphDocument, node: GraphNode, template: number): Rule {
  const rule = rules![template]!;
  const part = node.part ?? 0;
  const named = (language: Language, bar: boolean, kind: string, place: number): string => {
    const number = kind === "x" ? node.inputs[place]! : node.id - part + place;
    return nameIn(language, nodes[number]!, bar);
  };
  const fill = (text: string, language: Language): string =>
    text.replace(/@(b?)([xy])(\d+)@/g, (_, bar: string, kind: string, place: string) =>
      named(language, bar === "b", kind, Number(place)),
    );
  const both = ({ tex, mathml }: Formula): Formula => ({ tex: fill(tex, "tex"), mathml: fill(mathml, "mathml") });
  const backward = rule.backward.map((each): BackwardRule => {
    if (each.tex === undefined || each.mathml === undefined) return each;
    const { shapes, kronecker } = each;
    return {
      ...each,
      ...both({ tex: each.tex, mathml: each.mathml }),
      ...(shapes && { shapes: both(shapes) }),
      ...(kronecker && { kronecker: both(kronecker) }),
    };
  });
  return { forward: both(rule.forward), backward, why: rule.why };
}

function nameIn(language: Language, node: GraphNode, bar: boolean): string {
  const [base, below] = (node.symbol ?? numbered(node))[language];
  if (language === "tex") {
    const over = /^(.|\\[a-zA-Z]+)$/u.test(base) ? "bar" : "overline";
    const letter = bar ? `\\${over}{${base}}` : base;
    return below ? `${letter}_{${below}}` : letter;
  }
  const letter = bar ? `<mover accent="true" class="accent-bar">${base}<mo>¯</mo></mover>` : base;
  return below ? `<msub>${letter}${below}</msub>` : letter;
}

/** `v7`, which needs no escape. */
function numbered({ id }: GraphNode): NameSymbol {
  return { tex: ["v", String(id)], mathml: ["<mi>v</mi>", `<mn>${id}</mn>`] };
}
