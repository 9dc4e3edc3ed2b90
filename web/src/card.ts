// A short card beside what the pointer or the focus is on.

import { hasFailed, healthLine } from "./array_section";
import type { GraphEdge, GraphNode } from "./document";
import { element, isShown, type Child } from "./elements";
import { signOf } from "./jacobian_section";
import { edgeSoFar, nodeSoFar } from "./known";
import { cellText, linesOf } from "./number_table";
import { counted, shapeText, sixDigits } from "./numbers";
import type { Page } from "./page";
import { edgesByName } from "./svg";

const WAIT = 80; // milliseconds
const APART = 10;

export function installCards(page: Page): void {
  const { canvas, graph, known, store } = page;
  const { stage } = canvas;
  const edges = edgesByName(graph);
  const card = document.body.appendChild(element("div", { class: "card", role: "tooltip", id: "card", hidden: true }));
  let waiting = 0;
  let shown: Element | null = null;

  const show = (shape: SVGGElement, around: DOMRect): void => {
    const { node } = shape.dataset;
    const edge = edges.get(shape.id);
    const content = node !== undefined ? variableCard(nodeSoFar(graph.nodes[Number(node)]!, known)) : edge ? edgeCard(page, edgeSoFar(edge, known)) : null;
    if (!content) return;
    shown = shape;
    card.replaceChildren(...content.filter(isShown));
    card.hidden = false;
    place(card, around);
  };
  const hide = (): void => {
    clearTimeout(waiting);
    shown = null;
    card.hidden = true;
  };
  stage.addEventListener("pointerover", (event) => {
    const shape = shapeAt(event.target);
    if (shape === shown) return;
    hide();
    if (shape && event.pointerType !== "touch") {
      const { clientX: x, clientY: y } = event;
      const isEdge = shape.dataset["to"] !== undefined;
      waiting = window.setTimeout(() => show(shape, isEdge ? new DOMRect(x, y - APART) : boxOf(shape)), WAIT);
    }
  });
  stage.addEventListener("pointerleave", hide);
  stage.addEventListener("pointerdown", hide);
  stage.addEventListener("scroll", hide);
  stage.addEventListener("focusin", (event) => {
    const shape = shapeAt(event.target);
    if (shape && !shape.classList.contains("chosen") && (event.target as Element).matches(":focus-visible")) {
      show(shape, boxOf(shape));
    }
  });
  stage.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  store.subscribe((state, before) => state.step !== before.step && hide());
  canvas.onRender(() => {
    hide();
    for (const shape of canvas.svg.querySelectorAll(".node, .edge[data-to]")) {
      // the browser's own tip would stand over the card
      for (const title of shape.querySelectorAll("title")) title.remove();
    }
    for (const path of canvas.svg.querySelectorAll(".edge[data-to] > path:first-child")) {
      const wide = path.cloneNode() as SVGPathElement;
      wide.classList.add("wide"); // thin lines are hard to hit
      path.after(wide);
    }
  });
}

function shapeAt(target: EventTarget | null): SVGGElement | null {
  return (target as Element).closest<SVGGElement>("[data-node], [data-to]");
}

function boxOf(shape: SVGGElement): DOMRect {
  return (shape.querySelector(".body") ?? shape).getBoundingClientRect();
}

function variableCard(node: GraphNode): Child[] {
  const { label, word, role, operation, shape, dtype, health } = node;
  return [
    head(label, operation === null ? role : word),
    !hasFailed(node) && element("p", {}, `${shapeText(shape) || "scalar"} ${dtype}`),
    element("dl", {}, ...row("value", node.value), ...row("gradient", node.gradient)),
    health && healthLine(health),
  ];

  function row(words: string, described: GraphNode["gradient"]): HTMLElement[] {
    if (!described) return [];
    return [element("dt", {}, words), element("dd", { "data-rms": words }, textOf(described))];
  }

  function textOf(described: NonNullable<GraphNode["gradient"]>): string {
    if ("no_path" in described) return "0: no path to the loss";
    const { numbers, statistics } = described;
    if (shape.length > 0 || numbers === undefined) return `rms ${sixDigits(statistics.rms)}`;
    return cellText(linesOf(numbers, shape).cells[0]![0]!, sixDigits);
  }
}

function edgeCard({ graph, constants }: Page, edge: GraphEdge): Child[] {
  const [x, y] = [graph.nodes[edge.from]!, graph.nodes[edge.to]!];
  const [rows, columns] = edge.shape.map((shape) => counted(shape.reduce((a, b) => a * b, 1)));
  return [
    head(`∂${y.label}/∂${x.label}`, ""),
    element("p", {}, signOf(edge.structure, constants), element("span", { class: "structure" }, edge.structure)),
    element("p", {}, `${rows} × ${columns}, ${counted(edge.stored)} of ${counted(edge.full)} stored`),
    edge.gain !== undefined && element("p", {}, `gain ${sixDigits(edge.gain)}`),
  ];
}

function head(name: string, operation: string): HTMLElement {
  return element("p", { class: "head" }, element("strong", {}, name), " ", element("span", { class: "operation" }, operation));
}

/** Beside what it tells of, where it covers no way; below, where there is no room. */
function place(card: HTMLElement, { left, right, top, bottom }: DOMRect): void {
  const { width, height } = card.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const [toTheRight, toTheLeft] = [right + APART, left - APART - width];
  const isBeside = toTheRight + width < clientWidth || toTheLeft > 0;
  const x = toTheRight + width < clientWidth ? toTheRight : isBeside ? toTheLeft : (left + right - width) / 2;
  const y = isBeside ? top : bottom + APART + height < clientHeight ? bottom + APART : top - APART - height;
  card.style.left = `${Math.max(4, Math.min(x, clientWidth - width - 4))}px`;
  card.style.top = `${Math.max(4, Math.min(y, clientHeight - height - 4))}px`;
}
