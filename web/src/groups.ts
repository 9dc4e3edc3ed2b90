// Opening and closing all groups, and what the picture tells of those that can be opened or not.

import { neverOpens, openAll } from "./cap";
import { button, svgElement } from "./elements";
import type { Page } from "./page";

export function installGroups(page: Page): void {
  const { canvas, commands, graph, past, slots, store } = page;
  if (graph.groups.length > 1) {
    const openAllOfThem = (): void => {
      past.remember();
      const opened = openAll(graph);
      store.update({ opened });
      if (opened.size < graph.groups.length) page.notice(`${opened.size - 1} of ${graph.groups.length - 1} groups open: more boxes than a picture may have`);
    };
    const closeAll = (): void => {
      past.remember();
      store.update({ opened: new Set([0]) });
      canvas.fit();
    };
    slots.tools.append(button("Open all", "open all groups that find room (a)", openAllOfThem));
    slots.tools.append(button("Close all", "close all groups (z)", closeAll));
    commands.add("graph", ["a"], "open all groups that find room", openAllOfThem);
    commands.add("graph", ["z"], "close all groups", closeAll);
  }
  installMarks(page);
}

export function installMarks(page: Page): void {
  page.canvas.onRender(() => mark(page));
}

/** A sign at the head of open groups that closes them, and a word under those that never open. */
function mark({ canvas, graph }: Page): void {
  for (const shape of canvas.svg.querySelectorAll<SVGGElement>("g.open")) {
    const { x, y, width } = box(shape);
    shape.append(svgElement("path", { class: "closer", d: `M${x + width - 18} ${y + 12}h9` }));
  }
  for (const shape of canvas.svg.querySelectorAll<SVGGElement>("g.closed")) {
    if (!neverOpens(graph, Number(shape.dataset["group"]))) continue;
    const { x, y, width, height } = box(shape);
    const place = { x: x + width / 2, y: y + height + 12, "text-anchor": "middle", "font-size": 9 };
    shape.append(svgElement("text", { class: "muted too-many", ...place }, "too many to open"));
  }
}

function box(shape: SVGGElement): { x: number; y: number; width: number; height: number } {
  const body = shape.querySelector(":scope > .body:last-of-type")!;
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(body.getAttribute(name))) as [number, number, number, number];
  return { x, y, width, height };
}
