// Choosing in the picture: a click pins a variable or an edge, with Shift a second variable beside it; on a group it
// opens or closes; one that is open closes by its head.

import { MOST_BOXES, boxesOf, groupsAround, isTooMuch, neverOpens, openedWith } from "./cap";
import { buttonOf } from "./canvas";
import type { Page } from "./page";
import { HEADER } from "./picture";
import { selected } from "./store";

export function installChoosing(page: Page): void {
  const { canvas, store } = page;
  canvas.stage.addEventListener("click", (event) => {
    const shape = (event.target as Element).closest<SVGGElement>("[data-node], [data-group][data-open], [data-to]");
    if (!shape) return;
    const { node, open, group } = shape.dataset;
    if (node !== undefined) pin(page, Number(node), event.shiftKey);
    else if (open === "false" || isHead(shape, event.clientY, canvas.place.scale)) toggleGroup(page, Number(group));
    else if (open !== undefined) return;
    else store.update({ edge: shape.id });
  });
  canvas.onRender(() => mark(page));
  store.subscribe(() => mark(page));
}

/** Choose a variable; beside the one before, where two are compared. */
export function pin({ store }: Page, number: number, beside = false): void {
  const last = selected(store.state);
  const second = (beside || store.state.comparing) && last !== null && last !== number;
  store.update({ pinned: second ? [last, number] : [number], edge: null, comparing: false });
}

export function toggleGroup({ graph, notice, store }: Page, group: number): void {
  const opened = new Set(store.state.opened);
  if (!opened.delete(group)) opened.add(group);
  if (opened.has(group) && isTooMuch(graph, opened)) {
    const count = boxesOf(graph, group).length.toLocaleString("en");
    const cure = neverOpens(graph, group) ? "the table and the search show what it holds" : "close other groups first";
    notice(`${count} boxes are too many to open: a picture has at most ${MOST_BOXES}; ${cure}`);
    return;
  }
  store.update({ opened });
}

/** Open all groups around a variable; where that is too much together, close the others. */
export function openAround(page: Page, number: number): void {
  openGroups(page, groupsAround(page.graph, page.graph.nodes[number]!.group));
}

export function openGroups({ graph, store }: Page, groups: number[]): void {
  const { opened } = store.state;
  const wanted = openedWith(graph, opened, groups.filter((group) => !neverOpens(graph, group)));
  if (wanted && (wanted.size !== opened.size || groups.some((group) => !opened.has(group)))) store.update({ opened: wanted });
}

/** Choose a variable wherever it is, and bring it to the middle. */
export function goToVariable(page: Page, number: number): void {
  bringForward(page);
  openAround(page, number);
  pin(page, number);
  goToShape(page, page.canvas.showing(number));
}

/** Bring a group to the middle. */
export function goToGroup(page: Page, group: number): void {
  bringForward(page);
  openGroups(page, groupsAround(page.graph, page.graph.groups[group]!.parent ?? 0));
  goToShape(page, page.canvas.find(`g${group}`));
}

/** The picture of the function in sight, whatever stands in its place. */
function bringForward({ store }: Page): void {
  const { graphs } = store.state;
  store.update({ tab: "graph", graphs: graphs === "backward" ? "forward" : graphs });
}

function goToShape({ canvas }: Page, shape: SVGGElement | null): void {
  if (!shape) return;
  canvas.center(shape);
  canvas.focus(shape);
}

function isHead(shape: Element, y: number, scale: number): boolean {
  return shape.classList.contains("open") && y - shape.getBoundingClientRect().top < (HEADER + 2) * scale;
}

function mark({ canvas, store }: Page): void {
  const { pinned, edge } = store.state;
  for (const each of canvas.svg.querySelectorAll(".chosen")) {
    each.classList.remove("chosen");
    buttonOf(each as SVGGElement)?.removeAttribute("aria-pressed");
  }
  for (const number of pinned) {
    const shape = canvas.showing(number);
    shape?.classList.add("chosen");
    if (shape?.dataset["node"] !== undefined) buttonOf(shape)?.setAttribute("aria-pressed", "true");
  }
  if (edge !== null) canvas.find(edge)?.classList.add("chosen");
}
