// Every visible box with its place, every visible edge with its way: the twin of `chainrule.view.picture`. Levels are
// laid out from the innermost open group outwards, since an open group is a box of the level around it.

import { coordinates, type Places } from "./coordinates";
import type { Box, GraphDocument, GraphNode, Group, Item, Level, LevelEdge, Style } from "./document";

export const HEADER = 24;
export const ENDS_APART = 20;
const PADDING = 14;
const BESIDE_A_BAND = 7;
const FEW_ARGUMENTS = 4;

export type Point = [number, number];
export type OpenGroups = ReadonlySet<number>;

export interface Shape {
  kind: "node" | "group" | "open";
  number: number;
  x: number;
  y: number;
  width: number;
  height: number;
  box: Box | null;
}

export interface Way {
  group: number;
  place: number;
  edge: LevelEdge;
  points: Point[];
  turns: boolean;
  ends: boolean;
  spine: boolean;
}

export interface Picture {
  style: Style;
  shapes: Shape[];
  ways: Way[];
  width: number;
  height: number;
}

interface Laid {
  level: Level;
  boxes: Map<number, Box>;
  sizes: [number, number][];
  places: Places;
  starts: Map<string, number>;
  arrivals: Map<string, number>;
  drawn: number[];
  at: Point;
}

export function pictureOf(graph: GraphDocument, opened: OpenGroups, style: Style): Picture {
  const layout = new Layout(graph, style);
  const fromOutside = [0];
  for (const number of fromOutside) {
    // it grows; groups stand in their level in the order of the trace
    for (const { kind, number: child } of layout.children(number)) {
      if (kind === "group" && opened.has(child)) fromOutside.push(child);
    }
  }
  for (const number of [...fromOutside].reverse()) layout.layOut(number);
  for (const number of fromOutside) layout.place(number);
  const { places } = layout.laid.get(0)!;
  return { style, shapes: layout.shapes, ways: layout.ways, width: places.width, height: places.height };
}

class Layout {
  readonly laid = new Map<number, Laid>();
  readonly shapes: Shape[] = [];
  readonly ways: Way[] = [];
  private readonly up: boolean;

  constructor(
    private readonly graph: GraphDocument,
    private readonly style: Style,
  ) {
    this.up = style === "lecture";
  }

  children(number: number): Item[] {
    return this.graph.levels[number]!.items.filter(({ kind }) => kind === "node" || kind === "group");
  }

  layOut(number: number): void {
    const level = this.graph.levels[number]!;
    const boxes = new Map<number, Box>();
    const sizes: [number, number][] = [];
    level.items.forEach((item, k) => {
      const inner = item.kind === "group" ? this.laid.get(item.number) : undefined;
      if (inner) {
        sizes.push([inner.places.width + 2 * PADDING, inner.places.height + HEADER + PADDING]);
      } else if (item.kind === "node" || item.kind === "group") {
        const box = this.box(item);
        boxes.set(k, box);
        sizes.push(box.size);
      } else {
        sizes.push([0, 0]);
      }
    });
    const drawn = this.drawn(level);
    const { starts, arrivals } = this.ends(level, drawn, sizes);
    const pieces = new Map<string, [number, number, number, number]>();
    for (const e of drawn) {
      const edge = level.edges[e]!;
      if (edge.lane >= 0) continue;
      const way = [edge.from, ...edge.through, edge.to];
      for (let i = 0; i + 1 < way.length; i++) {
        const begin = i === 0 ? starts.get(`${edge.from},${e}`)! : 0;
        const end = i === way.length - 2 ? arrivals.get(`${edge.to},${e}`)! : 0;
        const piece: [number, number, number, number] = [way[i]!, way[i + 1]!, begin, end];
        const key = piece.join();
        if (!pieces.has(key)) pieces.set(key, piece);
      }
    }
    const places = coordinates({
      ranks: level.items.map((item) => item.rank),
      orders: level.items.map((item) => item.order),
      straight: level.items.map((item) => item.spine),
      bends: level.items.map(({ kind }) => kind === "bend" || kind === "in" || kind === "out"),
      pieces: [...pieces.values()],
      sizes,
      lanes: 1 + drawn.reduce((most, e) => Math.max(most, level.edges[e]!.lane), -1),
    });
    if (this.up) turn(places, sizes);
    this.laid.set(number, { level, boxes, sizes, places, starts, arrivals, drawn, at: [0, 0] });
  }

  private box(item: Item): Box {
    const owner: GraphNode | Group = item.kind === "group" ? this.graph.groups[item.number]! : this.graph.nodes[item.number]!;
    return owner.drawn.boxes[this.style] ?? owner.drawn.boxes.compact!;
  }

  /** The edges to draw: from a closed group one for all, unless it leads to a variable that uses few. */
  private drawn(level: Level): number[] {
    const between = new Map<string, number[]>();
    level.edges.forEach((edge, e) => {
      const key = `${edge.from},${edge.to}`;
      const edges = between.get(key);
      if (edges) edges.push(e);
      else between.set(key, [e]);
    });
    const found: number[] = [];
    for (const edges of between.values()) {
      const { from, to } = level.edges[edges[0]!]!;
      const one =
        this.isClosed(level.items[from]!) && (this.isClosed(level.items[to]!) || edges.length > FEW_ARGUMENTS);
      found.push(...(one ? edges.slice(0, 1) : edges));
    }
    return found.sort((a, b) => a - b);
  }

  private isClosed(item: Item): boolean {
    return item.kind === "group" && !this.laid.has(item.number);
  }

  /** Where edges leave and arrive, beside the middles: side by side in the order of where they come from. */
  private ends(
    level: Level,
    drawn: number[],
    sizes: [number, number][],
  ): { starts: Map<string, number>; arrivals: Map<string, number> } {
    const arriving = new Map<number, number[]>();
    const leaving = new Map<number, number[]>();
    for (const e of drawn) {
      const { from, to } = level.edges[e]!;
      arriving.set(to, [...(arriving.get(to) ?? []), e]);
      leaving.set(from, [...(leaving.get(from) ?? []), e]);
    }
    const items = level.items;
    const before = (e: number): number[] => {
      const edge = level.edges[e]!;
      return [Number(edge.lane >= 0), items[edge.through.at(-1) ?? edge.from]!.order, e];
    };
    const after = (e: number): number[] => {
      const edge = level.edges[e]!;
      return [Number(edge.lane >= 0), items[edge.through[0] ?? edge.to]!.order, e];
    };
    const starts = new Map<string, number>();
    const arrivals = new Map<string, number>();
    for (const [k, edges] of arriving) {
      const port = this.port(level, k, "in");
      const places = spread(edges.length, sizes[k]![0]);
      sortedBy(edges, before).forEach((e, place) => {
        arrivals.set(`${k},${e}`, port ? port.get(level.edges[e]!.variable)! : places[place]!);
      });
    }
    for (const [k, edges] of leaving) {
      const port = this.port(level, k, "out");
      const places = items[k]!.kind === "group" ? spread(edges.length, sizes[k]![0]) : edges.map(() => 0);
      sortedBy(edges, after).forEach((e, place) => {
        starts.set(`${k},${e}`, port ? port.get(level.edges[e]!.variable)! : places[place]!);
      });
    }
    return { starts, arrivals };
  }

  /** Of an open group: where its ports are, beside its middle. */
  private port(level: Level, k: number, kind: "in" | "out"): Map<number, number> | null {
    const item = level.items[k]!;
    const inner = item.kind === "group" ? this.laid.get(item.number) : undefined;
    if (!inner) return null;
    const found = new Map<number, number>();
    inner.level.items.forEach((port, j) => {
      if (port.kind === kind) found.set(port.number, inner.places.x[j]! - inner.places.width / 2);
    });
    return found;
  }

  // In the picture

  place(number: number): void {
    const laid = this.laid.get(number)!;
    const [left, top] = laid.at;
    laid.level.items.forEach((item, k) => {
      const [width, height] = laid.sizes[k]!;
      const x = left + laid.places.x[k]! - width / 2;
      const y = top + laid.places.y[k]!;
      const box = laid.boxes.get(k);
      if (box) {
        this.shapes.push({ kind: item.kind as "node" | "group", number: item.number, x, y, width, height, box });
      } else if (item.kind === "group") {
        this.laid.get(item.number)!.at = [x + PADDING, y + HEADER];
        this.shapes.push({ kind: "open", number: item.number, x, y, width, height, box: null });
      }
    });
    for (const e of laid.drawn) this.ways.push(this.way(laid, e));
  }

  private way(laid: Laid, e: number): Way {
    const { level, places, sizes, starts, arrivals } = laid;
    const edge = level.edges[e]!;
    const [left, top] = laid.at;
    const leaves = this.up ? places.tops : places.bottoms;
    const enters = this.up ? places.bottoms : places.tops;
    const items = level.items;
    const { from: a, to: b } = edge;
    const startX = places.x[a]! + starts.get(`${a},${e}`)!;
    const endX = places.x[b]! + arrivals.get(`${b},${e}`)!;
    const startY = this.toBorder(laid, a, places.y[a]! + (this.up ? 0 : sizes[a]![1]), "in");
    const endY = this.toBorder(laid, b, places.y[b]! + (this.up ? sizes[b]![1] : 0), "out");
    let points: Point[] = [
      [startX, startY],
      [startX, leaves[items[a]!.rank]!],
    ];
    if (edge.lane >= 0) {
      const turning = this.up ? -BESIDE_A_BAND : BESIDE_A_BAND;
      const x = places.lanes[edge.lane]!;
      const out = leaves[items[a]!.rank]! + turning;
      const back = enters[items[b]!.rank]! - turning;
      points = [
        [startX, startY],
        [startX, out],
        [x, out],
        [x, back],
        [endX, back],
        [endX, endY],
      ];
    } else {
      for (const k of edge.through) {
        const rank = items[k]!.rank;
        points.push([places.x[k]!, enters[rank]!], [places.x[k]!, leaves[rank]!]);
      }
      points.push([endX, enters[items[b]!.rank]!], [endX, endY]);
    }
    return {
      group: level.group,
      place: e,
      edge,
      points: points.map(([x, y]) => [x + left, y + top]),
      turns: edge.lane >= 0,
      ends: items[b]!.kind === "node",
      spine: items[a]!.spine && items[b]!.spine && edge.through.every((k) => items[k]!.spine),
    };
  }

  /** A port is at the border of the open group, beyond its padding. */
  private toBorder({ level, places }: Laid, k: number, y: number, kind: "in" | "out"): number {
    const item = level.items[k]!;
    if (item.kind !== kind) return y;
    return (kind === "in") === this.up ? places.height + PADDING : -HEADER;
  }
}

/** Upside down: what comes first stands at the bottom. */
function turn(places: Places, sizes: [number, number][]): void {
  const { height, tops, bottoms } = places;
  places.y = places.y.map((y, k) => height - y - sizes[k]![1]);
  places.tops = bottoms.map((bottom) => height - bottom);
  places.bottoms = tops.map((top) => height - top);
}

/** Places side by side around the middle of a box. */
function spread(count: number, width: number): number[] {
  const step = Math.min(ENDS_APART, Math.max(width - 16, 0) / Math.max(count - 1, 1));
  return Array.from({ length: count }, (_, k) => step * (k - (count - 1) / 2));
}

function sortedBy(edges: number[], key: (e: number) => number[]): number[] {
  const keys = new Map(edges.map((e) => [e, key(e)]));
  return [...edges].sort((a, b) => {
    const [x, y] = [keys.get(a)!, keys.get(b)!];
    return x[0]! - y[0]! || x[1]! - y[1]! || x[2]! - y[2]!;
  });
}
