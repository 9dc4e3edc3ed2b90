// Choosing in the picture: a click pins a variable or an edge, with Shift a second variable beside it; on a group it
// opens or closes.

import type { Page } from "./page";
import { selected } from "./store";

export function installChoosing(page: Page): void {
  const { canvas, store } = page;
  canvas.stage.addEventListener("click", (event) => {
    const shape = (event.target as Element).closest<SVGGElement>("[data-node], [data-group][data-open], [data-to]");
    if (!shape) return;
    const { node, open, group } = shape.dataset;
    if (node !== undefined) pin(page, Number(node), event.shiftKey);
    else if (open !== undefined) toggleGroup(page, Number(group));
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

export function toggleGroup({ store }: Page, group: number): void {
  const opened = new Set(store.state.opened);
  if (!opened.delete(group)) opened.add(group);
  store.update({ opened });
}

/** Open all groups around a variable. */
export function openAround({ graph, store }: Page, number: number): void {
  const opened = new Set(store.state.opened);
  for (let group = graph.nodes[number]!.group; group > 0; group = graph.groups[group]!.parent ?? 0) opened.add(group);
  if (opened.size !== store.state.opened.size) store.update({ opened });
}

function mark({ canvas, store }: Page): void {
  const { pinned, edge } = store.state;
  for (const each of canvas.svg.querySelectorAll(".chosen")) each.classList.remove("chosen");
  for (const number of pinned) canvas.showing(number)?.classList.add("chosen");
  if (edge !== null) canvas.find(edge)?.classList.add("chosen");
}
