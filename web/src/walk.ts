// Walking in the graph by keys. The whole graph is one stop of the Tab key; from there arrows lead along edges and among
// the boxes side by side.

import { buttonOf } from "./canvas";
import { neverOpens } from "./cap";
import { pin, toggleGroup } from "./choosing";
import type { Page } from "./page";
import { spokenGraph, spokenGroup, spokenNode } from "./spoken";
import { selected } from "./store";

type Shape = SVGGElement;

export function installWalking(page: Page): void {
  const { canvas, commands } = page;
  const walk = new Walk(page);
  canvas.onRender(() => walk.describe());
  canvas.stage.addEventListener("focusin", (event) => walk.arrive((event.target as Element).closest<Shape>("g[id]")));
  canvas.stage.addEventListener("click", (event) => {
    const shape = (event.target as Element).closest<Shape>("g.node, g.group, g.open");
    canvas.focus(shape && canvas.find(shape.id));
  });
  commands.add("walk", ["ArrowRight"], "along an edge to what uses it", () => walk.along("consumers"));
  commands.add("walk", ["ArrowLeft"], "along an edge to an input", () => walk.along("inputs"));
  commands.add("walk", ["ArrowDown"], "to the next box of the same group", () => walk.beside(1));
  commands.add("walk", ["ArrowUp"], "to the box before", () => walk.beside(-1));
  commands.add("walk", ["Enter"], "pin the variable; into a group", () => walk.enter());
  commands.add("walk", [" "], "open or close the group", () => walk.toggle());
}

class Walk {
  private at = "";
  /** Which way the reader came to a box, to lead back the same way. */
  private came: { to: string; from: string; by: "consumers" | "inputs" } | null = null;

  constructor(private readonly page: Page) {}

  /** All shapes are told about, and one of them is where the Tab key stops. */
  describe(): void {
    const { canvas, graph, store } = this.page;
    const { svg } = canvas;
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-roledescription", "graph");
    svg.setAttribute("aria-label", spokenGraph(graph));
    for (const each of svg.querySelectorAll(".edges, text")) each.setAttribute("aria-hidden", "true");
    for (const shape of this.shapes()) {
      const { node, group } = shape.dataset;
      const isOpen = shape.classList.contains("open");
      const button = buttonOf(shape)!;
      button.setAttribute("role", "button");
      button.setAttribute("tabindex", "-1");
      if (node !== undefined) {
        button.setAttribute("aria-label", spokenNode(graph.nodes[Number(node)]!));
      } else {
        const full = !isOpen && neverOpens(graph, Number(group));
        button.setAttribute("aria-label", spokenGroup(graph.groups[Number(group)]!, isOpen, full));
        button.setAttribute("aria-expanded", String(isOpen));
      }
    }
    const chosen = selected(store.state);
    const stop = canvas.find(this.at) ?? (chosen === null ? null : canvas.showing(chosen)) ?? this.first();
    if (stop) this.arrive(stop);
  }

  private shapes(): Shape[] {
    return [...this.page.canvas.svg.querySelectorAll<Shape>("g.node, g.group, g.open")];
  }

  private first(): Shape | null {
    const { canvas, graph } = this.page;
    const loss = graph.outputs.map((number) => canvas.showing(number)).find((shape) => shape !== null);
    return loss ?? this.shapes()[0] ?? null;
  }

  /** The Tab key stops here from now on. */
  arrive(shape: Shape | null): void {
    if (!shape?.matches("g.node, g.group, g.open")) return;
    this.page.canvas.svg.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    buttonOf(shape)!.setAttribute("tabindex", "0");
    this.at = shape.id;
  }

  go(shape: Shape | null): void {
    if (!shape) return;
    this.page.canvas.focus(shape);
    this.page.canvas.reveal(shape);
  }

  /** Where the reader is; null where that is elsewhere on the page. */
  private here(): Shape | null {
    const { canvas } = this.page;
    const { activeElement } = document;
    if (activeElement && activeElement !== document.body && !canvas.stage.contains(activeElement)) return null;
    return this.page.store.state.tab === "graph" && canvas.svg.checkVisibility() ? canvas.find(this.at) : null;
  }

  along(way: "consumers" | "inputs"): false | void {
    const shape = this.here();
    if (!shape) return false;
    const found = this.neighbors(shape, way);
    const back = this.came?.to === shape.id && this.came.by !== way ? this.came.from : null;
    const next = found.find(({ id }) => id === back) ?? found[0];
    if (!next) {
      this.page.announce(way === "consumers" ? "nothing uses it" : "it has no input");
      return;
    }
    this.came = { to: next.id, from: shape.id, by: way };
    this.go(next);
  }

  /** What is seen of the variables at the other ends of the edges. */
  private neighbors(shape: Shape, way: "consumers" | "inputs"): Shape[] {
    const { canvas, graph } = this.page;
    const inside = this.inside(shape);
    const found = new Set<Shape>();
    for (const number of inside) {
      for (const other of graph.nodes[number]![way]) {
        const shown = inside.has(other) ? null : canvas.showing(other);
        if (shown) found.add(shown);
      }
    }
    return [...found];
  }

  /** The variables that a shape stands for. */
  private inside(shape: Shape): Set<number> {
    const { node, group } = shape.dataset;
    if (node !== undefined) return new Set([Number(node)]);
    const found = new Set<number>();
    const waiting = [Number(group)];
    for (const each of waiting) {
      for (const { kind, number } of this.page.graph.levels[each]!.items) {
        if (kind === "node") found.add(number);
        if (kind === "group") waiting.push(number);
      }
    }
    return found;
  }

  beside(step: 1 | -1): false | void {
    const shape = this.here();
    if (!shape) return false;
    const siblings = this.siblings(this.around(shape));
    const place = siblings.indexOf(shape) + step;
    const next = siblings[place];
    if (next) this.go(next);
    else this.page.announce(step > 0 ? "the last of its group" : "the first of its group");
  }

  /** The group that a shape is in. */
  private around({ dataset }: Shape): number {
    const { graph } = this.page;
    return dataset["node"] === undefined
      ? (graph.groups[Number(dataset["group"])]!.parent ?? 0)
      : graph.nodes[Number(dataset["node"])]!.group;
  }

  /** What is in a group, from the top to the bottom, from the left to the right. */
  private siblings(group: number): Shape[] {
    const { canvas, graph, store } = this.page;
    const sign = store.state.style === "lecture" ? -1 : 1;
    return graph.levels[group]!.items
      .filter(({ kind }) => kind === "node" || kind === "group")
      .sort((a, b) => sign * (a.rank - b.rank) || a.order - b.order)
      .map(({ kind, number }) => canvas.find(`${kind === "node" ? "n" : "g"}${number}`))
      .filter((shape) => shape !== null);
  }

  enter(): false | void {
    const shape = this.here();
    if (!shape) return false;
    const { node, group } = shape.dataset;
    if (node !== undefined) {
      pin(this.page, Number(node));
      return;
    }
    if (!shape.classList.contains("open")) toggleGroup(this.page, Number(group));
    this.go(this.siblings(Number(group))[0] ?? null);
  }

  toggle(): false | void {
    const shape = this.here();
    if (!shape) return false;
    const { node, group } = shape.dataset;
    const turned = node === undefined ? Number(group) : this.around(shape);
    if (turned === 0) {
      this.page.announce("it is in no group");
      return;
    }
    toggleGroup(this.page, turned);
    this.page.canvas.focus(this.page.canvas.find(`g${turned}`));
  }
}
