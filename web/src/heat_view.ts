// A heat map to look at closely: index and number under the pointer or the cursor that arrow keys move, the colors with
// the numbers that they stand for, and a choice of axes where there are more than two.

import { NOT_FINITE, css, gradient } from "./colormaps";
import type { Picture } from "./document";
import { element } from "./elements";
import { HeatMap, type Plane } from "./heat";
import { numberText, sixDigits } from "./numbers";

const TALLEST = 190; // pixels
const LARGEST_CELL = 14;
const ARROWS: Record<string, readonly [down: number, across: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function heatView(picture: Picture, name: string): HTMLElement {
  const heat = new HeatMap(picture);
  let plane = heat.firstPlane;
  let cursor: [row: number, column: number] = [0, 0];
  const canvas = element("canvas", { class: "heat" });
  const mark = element("i", { class: "mark" });
  const label = `heat map of ${name}, ${picture.shape.join(" by ")}; arrow keys move the cursor`;
  const frame = element("div", { class: "frame", tabindex: 0, role: "application", "aria-label": label }, canvas, mark);
  const readout = element("output", { class: "readout", "aria-live": "polite" });

  const draw = (): void => {
    heat.draw(canvas, plane);
    const [rows, columns] = heat.size(plane);
    frame.style.aspectRatio = `${columns} / ${rows}`;
    frame.style.width = `${Math.min(LARGEST_CELL * columns, (TALLEST / rows) * columns)}px`;
    mark.style.width = `${100 / columns}%`;
    mark.style.height = `${100 / rows}%`;
    readout.textContent = shownText(heat, plane);
  };
  const look = (row: number, column: number): void => {
    const [rows, columns] = heat.size(plane);
    cursor = [bounded(row, rows), bounded(column, columns)];
    mark.style.top = `${(100 * cursor[0]) / rows}%`;
    mark.style.left = `${(100 * cursor[1]) / columns}%`;
    readout.textContent = `[${heat.index(plane, ...cursor).join(", ")}]  ${numberAt(heat, plane, cursor)}`;
  };
  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    const [rows, columns] = heat.size(plane);
    look(
      Math.floor(((event.clientY - box.top) / box.height) * rows),
      Math.floor(((event.clientX - box.left) / box.width) * columns),
    );
  });
  frame.addEventListener("focus", () => look(...cursor));
  frame.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    look(cursor[0] + arrow[0], cursor[1] + arrow[1]);
  });

  const turned = (changed: Plane): void => {
    plane = changed;
    cursor = [0, 0];
    draw();
  };
  draw();
  return element(
    "figure",
    { class: "heatmap" },
    picture.at.length > 2 && axisChoice(heat, turned),
    element("div", { class: "look" }, frame, element("div", {}, readout, colorBar(heat))),
  );
}

/** `32 of 64 rows, all 20 columns` */
function shownText({ picture }: HeatMap, { down, across }: Plane): string {
  if (!picture.thinned) return "";
  const part = (axis: number, words: string): string => {
    const [shown, all] = [picture.at[axis]!.length, picture.shape[axis]!];
    return `${shown < all ? `${shown} of ${all}` : `all ${all}`} ${words}`;
  };
  return [...(down === null ? [] : [part(down, "rows")]), part(across, "columns")].join(", ");
}

function numberAt(heat: HeatMap, plane: Plane, [row, column]: [number, number]): string {
  const x = heat.number(plane, row, column);
  if (heat.isExact) return sixDigits(Number.isNaN(x) ? "nan" : x);
  return Number.isNaN(x) ? "not finite" : `≈ ${numberText(x)}`;
}

function colorBar({ scale, picture }: HeatMap): HTMLElement {
  const bar = element("span", { class: "bar" });
  bar.style.background = gradient(scale);
  const broken = element("i");
  broken.style.background = css(NOT_FINITE);
  const middle = scale.signed ? 0 : (scale.low + scale.high) / 2;
  return element(
    "div",
    { class: "colors", role: "img", "aria-label": `colors from ${numberText(scale.low)} to ${numberText(scale.high)}` },
    bar,
    element("span", { class: "ends" }, ...[scale.low, middle, scale.high].map((x) => element("span", {}, numberText(x)))),
    hasBroken(picture) && element("span", { class: "broken" }, broken, "NaN or Inf"),
  );
}

function hasBroken({ shades }: Picture): boolean {
  return atob(shades).includes("\u00ff");
}

/** Which axis goes down and which across, and where all others are. */
function axisChoice({ picture, firstPlane }: HeatMap, turned: (plane: Plane) => void): HTMLElement {
  let plane = firstPlane;
  const box = element("div", { class: "axes" });
  const change = (changed: Partial<Plane>): void => {
    plane = { ...plane, ...changed };
    write();
    turned(plane);
  };
  const select = (words: string, chosen: number, choose: (axis: number) => void): HTMLElement => {
    const options = picture.shape.map((size, axis) =>
      element("option", { value: axis, selected: axis === chosen }, `axis ${axis} (${size})`),
    );
    const made = element("select", {}, ...options);
    made.addEventListener("change", () => choose(Number(made.value)));
    return element("label", {}, words, made);
  };
  const write = (): void => {
    const { down, across, places } = plane;
    const others = picture.at.flatMap((indices, axis) => {
      if (axis === down || axis === across) return [];
      const words = element("span", {}, `axis ${axis}: ${indices[places[axis]!]}`);
      const slider = element("input", { type: "range", min: 0, max: indices.length - 1, value: places[axis]! });
      slider.addEventListener("input", () => {
        plane = { ...plane, places: plane.places.map((each, k) => (k === axis ? Number(slider.value) : each)) };
        words.textContent = `axis ${axis}: ${indices[plane.places[axis]!]}`;
        turned(plane);
      });
      return [element("label", {}, words, slider)];
    });
    box.replaceChildren(
      select("down", down!, (axis) => change(axis === across ? { down: axis, across: down! } : { down: axis })),
      select("across", across, (axis) => change(axis === down ? { across: axis, down: across } : { across: axis })),
      ...others,
    );
  };
  write();
  return box;
}

function bounded(place: number, size: number): number {
  return Math.min(Math.max(place, 0), size - 1);
}
