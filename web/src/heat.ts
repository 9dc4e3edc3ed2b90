// Heat maps as the document has them: numbers of some indices of each axis, of which two axes are looked at.

import { type Color, type Scale, colorOf, scaleOf } from "./colormaps";
import type { Picture } from "./document";
import { element } from "./elements";

const SHADES = 254;

/** Two axes of an array, or one, across; all others at one place. */
export interface Plane {
  down: number | null;
  across: number;
  /** For each axis a place in `at`; those of the two axes are not looked at. */
  places: readonly number[];
}

export class HeatMap {
  readonly scale: Scale;
  private readonly shades: Uint8Array;
  private readonly exact: Float32Array | Float64Array | null;
  private readonly strides: number[];

  constructor(readonly picture: Picture) {
    this.scale = scaleOf(picture.low, picture.high);
    this.shades = bytes(picture.shades);
    this.exact = picture.exact === undefined ? null : floats(bytes(picture.exact), this.shades.length);
    this.strides = picture.at.map((_, axis) => picture.at.slice(axis + 1).reduce((size, each) => size * each.length, 1));
  }

  get isExact(): boolean {
    return this.exact !== null;
  }

  /** The last two axes, the others at their first index. */
  get firstPlane(): Plane {
    const across = this.picture.at.length - 1;
    return { down: across > 0 ? across - 1 : null, across, places: this.picture.at.map(() => 0) };
  }

  size({ down, across }: Plane): [rows: number, columns: number] {
    const { at } = this.picture;
    return [down === null ? 1 : at[down]!.length, at[across]!.length];
  }

  /** The index in the array of what is shown in a row and a column. */
  index(plane: Plane, row: number, column: number): number[] {
    return this.places(plane, row, column).map((place, axis) => this.picture.at[axis]![place]!);
  }

  /** The number there, to a 254th of the range where the document has no more; NaN where it is not finite. */
  number(plane: Plane, row: number, column: number): number {
    const place = this.place(plane, row, column);
    return this.exact?.[place] ?? this.shade(place);
  }

  /** In its colors, a pixel for each number. */
  draw(canvas: HTMLCanvasElement, plane: Plane = this.firstPlane): void {
    const [rows, columns] = this.size(plane);
    paint(canvas, rows, columns, (row, column) => colorOf(this.shade(this.place(plane, row, column)), this.scale));
  }

  private place(plane: Plane, row: number, column: number): number {
    return this.places(plane, row, column).reduce((sum, each, axis) => sum + each * this.strides[axis]!, 0);
  }

  private places({ down, across, places }: Plane, row: number, column: number): number[] {
    return places.map((place, axis) => (axis === across ? column : axis === down ? row : place));
  }

  private shade(place: number): number {
    const { low, high } = this.picture;
    const shade = this.shades[place]!;
    if (shade > SHADES) return NaN;
    const part = shade / SHADES;
    return low * (1 - part) + high * part;
  }
}

/** A small picture of an array, to be sized by its class. */
export function thumbnail(picture: Picture): HTMLCanvasElement {
  const canvas = element("canvas", { class: "heat" });
  new HeatMap(picture).draw(canvas);
  return canvas;
}

/** A canvas with a pixel for each color. */
export function painted(rows: number, columns: number, color: (row: number, column: number) => Color): HTMLCanvasElement {
  const canvas = element("canvas", { class: "heat" });
  paint(canvas, rows, columns, color);
  return canvas;
}

function paint(canvas: HTMLCanvasElement, rows: number, columns: number, color: (row: number, column: number) => Color): void {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      image.data.set([...color(row, column), 255], 4 * (row * columns + column));
    }
  }
  context.putImageData(image, 0, 0);
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Little-endian, of four or eight bytes each. */
function floats(raw: Uint8Array<ArrayBuffer>, count: number): Float32Array | Float64Array {
  return raw.length === 4 * count ? new Float32Array(raw.buffer) : new Float64Array(raw.buffer);
}
