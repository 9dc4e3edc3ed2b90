// The gradients in the forward graph: at each box a chip with the gradient, and along each edge, upwards, what goes back.

import type { GraphNode } from "./document";
import { svgElement } from "./elements";
import { numberText } from "./numbers";
import type { Page } from "./page";
import { textWidth } from "./text_width";

const APART = 6; // of an edge and its ghost
const BESIDE = 11; // left of the edges that leave
const SIZE = 9;
const HEIGHT = 14;

export function installGhosts(page: Page): void {
  const { canvas, store } = page;
  const draw = (): void => {
    for (const each of canvas.svg.querySelectorAll(".ghost")) each.remove();
    if (store.state.graphs !== "both") return;
    for (const edge of canvas.svg.querySelectorAll<SVGGElement>(".edge[data-to]")) ghostOfEdge(page, edge);
    for (const shape of canvas.svg.querySelectorAll<SVGGElement>("[data-node]")) chip(page, shape);
  };
  canvas.onRender(draw);
  store.subscribe((state, before) => {
    if (state.graphs !== before.graphs || state.step !== before.step) draw();
  });
}

function ghostOfEdge({ graph }: Page, edge: SVGGElement): void {
  const { from, to } = edge.dataset;
  if (!hasGradient(graph.nodes[Number(from)]!) || !hasGradient(graph.nodes[Number(to)]!)) return;
  const d = edge.querySelector("path")!.getAttribute("d")!;
  const [x, y] = d.slice(1).split(/[ A-Z]/, 2).map(Number) as [number, number];
  const tip = svgElement("path", { class: "ghost-tip", d: `M${x} ${y + 1}l-3.2 5h6.4z` });
  edge.append(svgElement("g", { class: "ghost", transform: `translate(${-APART} 0)` }, svgElement("path", { d }), tip));
}

function chip({ graph, store }: Page, shape: SVGGElement): void {
  const node = graph.nodes[Number(shape.dataset["node"])]!;
  if (!hasGradient(node)) return;
  const text = store.state.step === null ? `∂ ${textOf(node)}` : "∂";
  const width = textWidth(text, SIZE) + 10;
  const body = shape.querySelector<SVGGraphicsElement>(".body")!.getBBox();
  const flag = shape.querySelector<SVGGraphicsElement>(":scope > .flag")?.getBBox();
  const right = Math.min(body.x + body.width / 2 - BESIDE, flag ? flag.x - 2 : Infinity);
  const [x, y] = [right - width, body.y + body.height - 2];
  shape.append(
    svgElement(
      "g",
      { class: "ghost" },
      svgElement("rect", { x, y, width, height: HEIGHT, rx: HEIGHT / 2 }),
      svgElement("text", { x: x + width / 2, y: y + 10.2, "font-size": SIZE, "text-anchor": "middle" }, text),
    ),
  );
}

function hasGradient({ gradient }: GraphNode): boolean {
  return gradient !== undefined && !("no_path" in gradient);
}

function textOf({ gradient, shape }: GraphNode): string {
  if (!gradient || "no_path" in gradient) return "–";
  const { numbers, statistics } = gradient;
  return shape.length || typeof numbers !== "number" ? numberText(statistics.rms) : numberText(numbers);
}
