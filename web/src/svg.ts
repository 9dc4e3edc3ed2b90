// A picture as the text of an SVG file: the twin of `chainrule.view.svg`, letter by letter, so that what the page shows
// and saves is what Python writes. All text of the user's is escaped here and nowhere else.

import type { Constants, Drawn, GraphDocument, GraphEdge, GraphNode, Group, Show, Style, Word } from "./document";
import { counted, numberText, shortened } from "./numbers";
import { ENDS_APART, HEADER, type OpenGroups, type Picture, type Point, type Shape, type Way, pictureOf } from "./picture";
import { textWidth } from "./text_width";

const MARGIN = 16;
const CAPTION = 46;
const TIP = 5;
const MOST_ROOM = 75;
const ROUND = 6;
const SMALL = 10;
const SMALLEST = 9;
const LINE = 1.375;
const GLYPH = 10;
const SIGN_HEIGHT = 20;
const SIGN_APART = 14;

export interface Look {
  opened: OpenGroups;
  style: Style;
  show: Show;
  theme: "auto" | "light" | "dark";
}

export function svgText(graph: GraphDocument, constants: Constants, { opened, style, show, theme }: Look): string {
  return new Writer(graph, constants, pictureOf(graph, opened, style), show).text(theme);
}

class Writer {
  private readonly edges: Map<string, GraphEdge>;

  constructor(
    private readonly graph: GraphDocument,
    private readonly constants: Constants,
    private readonly picture: Picture,
    private readonly show: Show,
  ) {
    this.edges = edgesByName(graph);
  }

  text(theme: Look["theme"]): string {
    const { picture, graph } = this;
    const { name, described, width: caption } = graph.caption;
    const { edges, overhang } = this.allEdges();
    const width = Math.max(picture.width + 2 * overhang, caption) + 2 * MARGIN;
    const height = picture.height + 2 * MARGIN + CAPTION;
    const left = (width - picture.width) / 2;
    const shapes = (kind: Shape["kind"]): Shape[] => picture.shapes.filter((shape) => shape.kind === kind);
    const parts = [
      `<svg xmlns="http://www.w3.org/2000/svg" class="chainrule" width="${n(width)}" height="${n(height)}" ` +
        `viewBox="0 0 ${n(width)} ${n(height)}" role="img" aria-label="${escaped(`${name}: ${described}`)}" ` +
        `data-schema="chainrule/view/1" data-style="${picture.style}" data-show="${this.show}">`,
      `<title>${escaped(name)}</title><desc>${escaped(described)}</desc>`,
      `<style>${this.constants.style_sheets[theme]}</style>`,
      `<rect class="ground" width="${n(width)}" height="${n(height)}"/>`,
      `<text class="name" x="${n(MARGIN)}" y="${n(MARGIN + 12)}" font-size="14">${escaped(name)}</text>`,
      `<text class="muted" x="${n(MARGIN)}" y="${n(MARGIN + 29)}" font-size="11">${escaped(described)}</text>`,
      `<g transform="translate(${n(left)} ${n(MARGIN + CAPTION)})">`,
      '<g class="groups">',
      ...shapes("open").map((shape) => this.openGroup(shape)),
      '</g><g class="edges">',
      ...edges,
      '</g><g class="titles">',
      ...shapes("open").map((shape) => this.title(shape)),
      '</g><g class="nodes">',
      ...shapes("node").map((shape) => this.node(shape)),
      ...shapes("group").map((shape) => this.closedGroup(shape)),
      "</g></g></svg>",
    ];
    return parts.join("\n") + "\n";
  }

  // Boxes

  private node(shape: Shape): string {
    const node = this.graph.nodes[shape.number]!;
    const kind = { operation: "box", loss: "output" }[node.role as string] ?? node.role;
    const attributes = data({
      node: node.id,
      name: node.label,
      op: node.operation === null ? "" : node.word,
      role: node.role,
      shape: node.shape.join(","),
      dtype: node.dtype,
      group: node.group,
    });
    const drawn = this.picture.style === "lecture" ? this.variable(shape, node) : this.compact(shape, node);
    const head = `<g id="n${node.id}" class="node ${kind}"${attributes}>`;
    return `${head}<title>${escaped(node.drawn.title)}</title>${drawn}${flag(shape, node.drawn)}</g>`;
  }

  private compact(shape: Shape, node: GraphNode): string {
    const { x, y, width, height } = shape;
    const body = outline(x, y, width, height, node.role, "body");
    const double = isResult(node) ? outline(x + 3, y + 3, width - 6, height - 6, node.role, "double") : "";
    return body + double + this.lines(shape.box!.lines, node.drawn, x + width / 2, y + height / 2);
  }

  /** The lecture's drawing: a variable is a node; the operation stands on the edge that leads to it. */
  private variable(shape: Shape, node: GraphNode): string {
    const { lines, sign } = shape.box!;
    const height = shape.height - (sign ? SIGN_HEIGHT + SIGN_APART : 0);
    const width = Math.min(shape.width, Math.max(height, Math.max(...lines.map(apart)) + 20));
    const x = shape.x + (shape.width - width) / 2;
    const middle = shape.x + shape.width / 2;
    const parts = [rectangle("body", x, shape.y, width, height, height / 2)];
    if (isResult(node)) {
      parts.push(rectangle("double", x + 3, shape.y + 3, width - 6, height - 6, height / 2 - 3));
    }
    parts.push(this.lines(lines, node.drawn, middle, shape.y + height / 2));
    if (sign) {
      const top = shape.y + height + SIGN_APART;
      parts.push(
        `<g class="edge"><path d="M${n(middle)} ${n(top)}V${n(shape.y + height + TIP)}"/>` +
          `${tip([middle, shape.y + height], true)}</g>`,
      );
      parts.push(this.lines([sign], node.drawn, middle, top + SIGN_HEIGHT / 2));
    }
    return parts.join("");
  }

  private closedGroup(shape: Shape): string {
    const group = this.graph.groups[shape.number]!;
    const { x, y, width, height } = shape;
    const parts: string[] = [];
    for (let k = Math.min(group.copies - 1, 2); k > 0; k--) {
      parts.push(rectangle("body", x + 3 * k, y - 3 * k, width, height, 6));
    }
    parts.push(rectangle("body", x, y, width, height, 6, ' stroke-width="1.4"'));
    const title = `closed group ${group.title}` + (group.copies > 1 ? `, ${group.copies} copies` : "");
    return (
      `<g id="g${group.id}" class="closed group"${groupData(group, false)}>` +
      `<title>${escaped(title)}</title>${parts.join("")}` +
      `${this.lines(shape.box!.lines, group.drawn, x + width / 2, y + height / 2)}${flag(shape, group.drawn)}</g>`
    );
  }

  private openGroup({ number, x, y, width, height }: Shape): string {
    const group = this.graph.groups[number]!;
    const faint = ' fill-opacity="0.07" stroke-dasharray="4 3"';
    return (
      `<g id="g${number}" class="open"${groupData(group, true)}><title>${escaped(group.title + copies(group))}</title>` +
      `${rectangle("body", x, y, width, height, 8, faint)}</g>`
    );
  }

  /** The title of an open group, above the edges that enter there. */
  private title({ number, x, y, width }: Shape): string {
    const group = this.graph.groups[number]!;
    const count = copies(group);
    const letters = Math.max(4, Math.trunc((width - 16) / (0.68 * SMALL)) - count.length);
    return (
      `<text class="muted name halo" x="${n(x + 9)}" y="${n(y + HEADER / 2 + 4)}" ` +
      `font-size="${n(SMALL)}" stroke-width="3" paint-order="stroke">${escaped(shortened(group.title, letters) + count)}</text>`
    );
  }

  // Words

  /** Lines of words around a middle. */
  private lines(lines: Word[][], drawn: Drawn, x: number, y: number): string {
    const heights = lines.map((line) => Math.max(...line.map(([, , size]) => size)) * LINE);
    let at = y - heights.reduce((a, b) => a + b, 0) / 2;
    return lines
      .map((line, k) => {
        const height = heights[k]!;
        const text = this.line(line, drawn, x - apart(line) / 2, at + height / 2);
        at += height;
        return text;
      })
      .join("");
  }

  /** Words side by side, each in the middle of the room that it has. */
  private line(words: Word[], drawn: Drawn, left: number, y: number): string {
    let x = left;
    let found = "";
    for (const [fixed, kind, size, width, constant, argument] of words) {
      const text = kind === "number" ? (drawn.numbers?.[this.show] ?? "") : fixed;
      const place = `x="${n(x + width / 2)}" y="${n(y + size * 0.35)}" font-size="${n(size)}"`;
      const written = `<text class="${kind === "chip" ? "plain" : kind}" ${place} text-anchor="middle">${escaped(text)}</text>`;
      found +=
        kind === "chip"
          ? `<g class="chip"${data({ constant, argument })}>${rectangle("body", x, y - 7.5, width, 15, 4)}${written}</g>`
          : written;
      x += width + 6;
    }
    return found;
  }

  // Edges

  /** All edges, and how far the words beside them reach beyond the left side. */
  private allEdges(): { edges: string[]; overhang: number } {
    const rooms = roomsBeside(this.picture);
    let reach = 0;
    for (const [k, room] of rooms) {
      if (room < 0) reach = Math.min(reach, this.picture.ways[k]!.points.at(-1)![0] + room);
    }
    return { edges: this.picture.ways.map((way, k) => this.edge(way, rooms.get(k) ?? 0)), overhang: -reach };
  }

  private edge(way: Way, room: number): string {
    const { edge } = way;
    let attributes = data({ from: edge.variable });
    let name = `l${way.group}-${way.place}`;
    let glyph = "";
    if (edge.user >= 0) {
      name = `e${edge.user}-${edge.argument}`;
      const local = this.edges.get(name)!;
      attributes = data({
        from: edge.variable,
        to: edge.user,
        argument: edge.argument,
        structure: local.structure,
        stored: local.stored,
        full: local.full,
      });
      if (local.gain !== undefined) attributes += data({ gain: numberText(local.gain) });
      const gain = local.gain !== undefined && this.show === "jacobian" ? numberText(local.gain) : "";
      const sign = room ? this.glyph(way.points, local.structure, room, gain) : "";
      glyph = `<title>${escaped(edgeTitle(local))}</title>${sign}`;
    }
    const ends = way.ends && this.picture.style === "compact";
    const end = ends ? tip(way.points.at(-1)!, false) : "";
    const path = `<path d="${pathOf(way, ends ? TIP : 0)}"/>`;
    const kind = way.spine ? "edge spine" : "edge";
    return `<g id="${name}" class="${kind}"${attributes} stroke-width="${way.spine ? 1.6 : 1.1}">${path}${end}${glyph}</g>`;
  }

  /** The structure's sign beside the end of its edge; with its letters and the gain where there is room. */
  private glyph(points: Point[], structure: string, room: number, gain: string): string {
    const sign = this.constants.glyphs[structure]!;
    const left = room < 0;
    const [endX, endY] = points.at(-1)!;
    const x = left ? endX - GLYPH - 5 : endX + 5;
    const y = endY - GLYPH - 7;
    const parts = [`<rect class="frame" width="${GLYPH}" height="${GLYPH}" stroke-width="0.8"/>`];
    if (sign.lines) parts.push(`<path class="line" d="${sign.lines}" stroke-width="1.2"/>`);
    if (sign.areas) parts.push(`<path class="area" d="${sign.areas}"/>`);
    const words = gain ? [`${sign.letters} ×${gain}`, `×${gain}`, sign.letters] : [sign.letters];
    const fitting = words.find((text) => textWidth(text, SMALLEST) + GLYPH + 12 < Math.abs(room));
    if (fitting !== undefined) {
      const at = left ? 'x="-3" text-anchor="end"' : `x="${GLYPH + 3}"`;
      parts.push(`<text class="muted" ${at} y="8.4" font-size="${n(SMALLEST)}">${escaped(fitting)}</text>`);
    }
    return `<g class="glyph" transform="translate(${n(x)} ${n(y)})">${parts.join("")}</g>`;
  }
}

const named = new WeakMap<GraphDocument, Map<string, GraphEdge>>();

/** The edges of a graph by the names of their elements. */
export function edgesByName(graph: GraphDocument): Map<string, GraphEdge> {
  const known = named.get(graph) ?? new Map(graph.edges.map((edge) => [`e${edge.to}-${edge.argument}`, edge]));
  named.set(graph, known);
  return known;
}

export function edgeTitle({ structure, stored, full, gain }: GraphEdge): string {
  const size = `${counted(stored)} of ${counted(full)} numbers stored`;
  return `local Jacobian: ${structure}, ${size}` + (gain === undefined ? "" : `, gain ${numberText(gain)}`);
}

function isResult({ role }: GraphNode): boolean {
  return role === "output" || role === "loss";
}

function copies(group: Group): string {
  return group.copies > 1 ? ` × ${group.copies}` : "";
}

function groupData(group: Group, open: boolean): string {
  return data({ group: group.id, kind: group.kind, copies: group.copies, open: String(open) });
}

/** Each role has a shape of its own. */
function outline(x: number, y: number, width: number, height: number, role: string, kind: string): string {
  if (role === "parameter") {
    const c = 7;
    const d = `M${n(x + c)} ${n(y)}h${n(width - 2 * c)}l${c} ${c}v${n(height - 2 * c)}l-${c} ${c}h${n(2 * c - width)}`;
    return `<path class="${kind}" d="${d}l-${c} -${c}v${n(2 * c - height)}z"/>`;
  }
  const radius = { input: height / 2, loss: height / 2, constant: 2 }[role] ?? 6;
  return rectangle(kind, x, y, width, height, radius);
}

function rectangle(
  kind: string,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
  more = "",
): string {
  const place = `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${n(radius)}"`;
  return `<rect class="${kind}" ${place}${more}/>`;
}

/** A mark with a word at the lower right corner, where no edge arrives. */
function flag(shape: Shape, drawn: Drawn): string {
  if (!drawn.flag) return "";
  const [text, severity, message, width] = drawn.flag;
  const x = shape.x + shape.width - width + 4;
  const y = shape.y + shape.height - 7;
  return (
    `<g class="flag ${severity}"><title>${escaped(message)}</title>${rectangle("body", x, y, width, 14, 7)}` +
    `<text x="${n(x + width / 2)}" y="${n(y + 10.2)}" font-size="${n(SMALLEST)}" font-weight="600" ` +
    `text-anchor="middle">${escaped(text)}</text></g>`
  );
}

/** The width of a line. */
function apart(words: Word[]): number {
  return words.reduce((sum, [, , , width]) => sum + width, 0) + 6 * (words.length - 1);
}

function pathOf(way: Way, short: number): string {
  const points = [...way.points];
  const [endX, endY] = points.at(-1)!;
  points[points.length - 1] = [endX, endY - short];
  if (way.turns) return withCorners(points);
  let d = `M${n(points[0]![0])} ${n(points[0]![1])}`;
  for (let k = 1; k < points.length; k++) {
    const [x0, y0] = points[k - 1]!;
    const [x1, y1] = points[k]!;
    if (x0 === x1 && y0 === y1) continue;
    if (Math.abs(x1 - x0) < 0.05) {
      d += `V${n(y1)}`;
    } else {
      const half = (y0 + y1) / 2;
      d += `C${n(x0)} ${n(half)} ${n(x1)} ${n(half)} ${n(x1)} ${n(y1)}`;
    }
  }
  return d;
}

function withCorners(points: Point[]): string {
  let d = `M${n(points[0]![0])} ${n(points[0]![1])}`;
  for (let k = 1; k + 1 < points.length; k++) {
    const corner = points[k]!;
    d += `L${towards(corner, points[k - 1]!)}Q${n(corner[0])} ${n(corner[1])} ${towards(corner, points[k + 1]!)}`;
  }
  const [x, y] = points.at(-1)!;
  return `${d}L${n(x)} ${n(y)}`;
}

function towards(corner: Point, other: Point): string {
  const dx = other[0] - corner[0];
  const dy = other[1] - corner[1];
  const length = Math.max(Math.abs(dx), Math.abs(dy), 1e-9);
  const step = Math.min(ROUND, length / 2) / length;
  return `${n(corner[0] + step * dx)} ${n(corner[1] + step * dy)}`;
}

function tip([x, y]: Point, up: boolean): string {
  return `<path class="tip" d="M${n(x)} ${n(y)}L${n(x - 3.2)} ${n(y + (up ? TIP : -TIP))}H${n(x + 3.2)}z"/>`;
}

/** For each edge to a box the room for its glyph: on the left, as a negative number, or on the right of its end. */
function roomsBeside(picture: Picture): Map<number, number> {
  const found = new Map<number, number>();
  if (picture.style !== "compact") return found;
  const rows = new Map<string, [number, number][]>();
  picture.ways.forEach((way, k) => {
    const key = `${way.group},${way.points.at(-2)![1]}`;
    const end: [number, number] = [way.points.at(-1)![0], k];
    const row = rows.get(key);
    if (row) row.push(end);
    else rows.set(key, [end]);
  });
  for (const row of rows.values()) {
    row.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    row.forEach(([x, k], place) => {
      const before = x - (row[place - 1]?.[0] ?? -Infinity);
      const after = (row[place + 1]?.[0] ?? Infinity) - x;
      if (!picture.ways[k]!.ends) return;
      const firstOfSeveral = before > after && after < 2 * ENDS_APART;
      const room = firstOfSeveral ? -Math.min(before, MOST_ROOM) : Math.min(after, MOST_ROOM);
      if (Math.abs(room) > GLYPH + 4) found.set(k, room);
    });
  }
  return found;
}

// Text

/** A coordinate, to a hundredth. */
function n(x: number): string {
  const text = (Math.floor(100 * x + 0.5) / 100).toFixed(2).replace(/0+$/, "").replace(/\.$/, "");
  return text === "-0" ? "0" : text;
}

const NOT_IN_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

function escaped(text: string): string {
  return text.replace(NOT_IN_XML, "\ufffd").replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}

function data(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .map(([name, value]) => ` data-${name}="${escaped(String(value))}"`)
    .join("");
}
