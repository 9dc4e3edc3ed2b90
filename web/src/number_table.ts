// Numbers in rows and columns, each on its color.

import { type Scale, colorOf, css, inkOn, scaleOf } from "./colormaps";
import type { Nested, Num } from "./document";
import { element } from "./elements";
import { painted } from "./heat";
import { numberText, sixDigits } from "./numbers";

const IN_A_ROW = 8; // of a vector

export interface Lines {
  rows: string[];
  columns: string[];
  cells: Cell[][];
}

/** A number, or the real and the imaginary part of one. */
type Cell = Num | boolean | [Num, Num];

export function numberTable({ rows, columns, cells }: Lines, label: string): HTMLElement {
  const scale = scaleFor(cells);
  const head = element("tr", {}, element("td"), ...columns.map((each) => element("th", { scope: "col" }, each)));
  const body = cells.map((line, k) =>
    element("tr", {}, element("th", { scope: "row" }, rows[k]!), ...line.map((each) => cell(each, scale))),
  );
  const table = element("table", { class: "numbers", "aria-label": label }, element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", { class: "scrolls", tabindex: 0, role: "group", "aria-label": label }, table);
}

/** The colors alone. */
export function thumbnailOfNumbers({ cells }: Lines): HTMLCanvasElement {
  const scale = scaleFor(cells);
  return painted(cells.length, cells[0]?.length ?? 0, (row, column) => colorOf(size(cells[row]![column] ?? NaN), scale));
}

/** An array of a document: a vector in rows of eight, of more than two axes all but the last one down. */
export function linesOf(numbers: Nested, shape: number[]): Lines {
  const flat = flattened(numbers, shape.length);
  const last = shape.at(-1) ?? 1;
  const across = shape.length > 1 ? last : Math.min(last, IN_A_ROW);
  const cells: Cell[][] = [];
  for (let k = 0; k < flat.length; k += across) cells.push(flat.slice(k, k + across));
  const rows = cells.map((_, k) => {
    if (shape.length > 1) return placeText(placeIn(shape.slice(0, -1), k));
    return last > IN_A_ROW ? `${k * IN_A_ROW}+` : "";
  });
  return { rows, columns: Array.from({ length: across }, (_, k) => String(k)), cells };
}

/** The index of a place in a flattened array. */
export function placeIn(shape: number[], place: number): number[] {
  const found: number[] = [];
  for (const size of [...shape].reverse()) {
    found.unshift(place % size);
    place = Math.floor(place / size);
  }
  return found;
}

export function placeText(index: number[]): string {
  return index.join(",");
}

function flattened(numbers: Nested, axes: number): Cell[] {
  let found = [numbers];
  for (let k = 0; k < axes; k++) found = found.flat() as Nested[];
  return found as Cell[];
}

function scaleFor(cells: Cell[][]): Scale {
  const finite = cells.flat().map(size).filter(Number.isFinite);
  return scaleOf(Math.min(...finite), Math.max(...finite));
}

function size(each: Cell): number {
  if (Array.isArray(each)) return Math.hypot(Number(each[0]), Number(each[1]));
  return typeof each === "string" ? NaN : Number(each);
}

function cell(each: Cell, scale: Scale): HTMLElement {
  if (each === 0) return element("td", { class: "zero" }, "0");
  const color = colorOf(size(each), scale);
  return element("td", { title: cellText(each, sixDigits) }, colored(cellText(each, numberText), css(color), inkOn(color)));
}

function colored(text: string, background: string, color: string): HTMLElement {
  const made = element("span", {}, text);
  made.style.background = background;
  made.style.color = color;
  return made;
}

/** Also of truth values and of complex numbers. */
export function cellText(each: Cell, write: (x: Num) => string): string {
  if (typeof each === "boolean") return each ? "True" : "False";
  if (!Array.isArray(each)) return write(each);
  const [real, imaginary] = each.map((part) => write(part)) as [string, string];
  return `${real}${imaginary.startsWith("-") ? "" : "+"}${imaginary}j`;
}
