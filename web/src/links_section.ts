// Ways from a variable to others, and what is kept of it for the way back.

import { openAround, pin } from "./choosing";
import type { GraphNode } from "./document";
import { button, element, type Child } from "./elements";
import { several } from "./numbers";
import type { Page } from "./page";

const MOST = 24;

export function linksSection(page: Page, node: GraphNode): Child[] {
  const hasGradient = page.graph.backward?.links.some(({ forward }) => forward === node.id);
  return [
    ...row(page, "inputs", node.inputs),
    ...row(page, "consumers", node.consumers),
    hasGradient && element("div", { class: "way", "data-links": "gradient" }, element("span", {}, "gradient"), beside(page, node)),
  ];
}

/** A button that shows where its gradient is computed. */
function beside({ store }: Page, { label }: GraphNode): HTMLElement {
  const show = (): void => store.update({ tab: "graph", graphs: "beside" });
  return button(`∂${label}`, "its node in the graph of the gradients, beside", show, { class: "link" });
}

export function memorySection({ graph }: Page, node: GraphNode): Child[] {
  if (!node.kept) return [element("p", {}, "Nothing of it is kept for the way back.")];
  const edges = node.kept.for.map(([to, argument]) => {
    const user = graph.nodes[to]!;
    return `∂${user.label}/∂${graph.nodes[user.inputs[argument]!]!.label}`;
  });
  const [some, more] = [edges.slice(0, MOST), edges.length - MOST];
  const made = `${several(node.kept.bytes, "byte")} kept: ${some.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return [element("p", {}, `${made} ${edges.length > 1 ? "are" : "is"} made from it.`)];
}

/** A button that chooses a variable, opens the groups around it and brings it in sight. */
export function link(page: Page, number: number): HTMLElement {
  const { label, word, operation } = page.graph.nodes[number]!;
  const words = operation === null ? label : `${label} = ${word}`;
  return button(label, words, () => visit(page, number), { class: "link", "data-visits": number });
}

function visit(page: Page, number: number): void {
  page.past.remember();
  page.store.update({ tab: "graph" });
  openAround(page, number);
  pin(page, number);
  const shape = page.canvas.showing(number);
  if (shape) page.canvas.reveal(shape);
  page.slots.panel.querySelector<HTMLElement>(`[data-of="${number}"] .title`)?.focus(); // the button is gone
}

function row(page: Page, words: string, numbers: number[]): Child[] {
  const unique = [...new Set(numbers)];
  const links = unique.slice(0, MOST).map((number) => link(page, number));
  const more = unique.length - links.length;
  return [
    element(
      "div",
      { class: "way", "data-links": words },
      element("span", {}, words),
      ...(links.length ? links : ["–"]),
      more > 0 && element("span", {}, `and ${more} more`),
    ),
  ];
}
