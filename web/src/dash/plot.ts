// One figure: the plot, a legend with the numbers under the cursor, and the same numbers as a table.

import uPlot from "uplot";

import { element } from "../elements";
import { numberText } from "../numbers";
import { color, faint, seriesColor } from "./colors";
import type { Numbers } from "./data";
import type { Figure, Series } from "./figures";
import { legend } from "./legend";
import { numbersTable } from "./numbers_table";

const HEIGHT = 220;
const CURSOR = "epochs"; // all figures share it
const MARGIN = 1.15; // around the numbers of a logarithmic scale

/** With the argument that tells the other figures, which the types leave out. */
type MoveCursor = (to: { left: number; top: number }, fire?: boolean, publish?: boolean) => void;
const DASHES = [5, 4];
const FONT = '11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';

export class Plot {
  readonly node: HTMLElement;
  private readonly place: HTMLElement;
  private readonly epochs: number[];
  private readonly lines: Numbers[];
  /** As it is on the canvas. */
  drawn: uPlot | null = null;
  private logarithmic: boolean;
  private readonly legend: ReturnType<typeof legend>;

  /** `tell` hears of the epoch under the cursor, or null. */
  constructor(
    readonly figure: Figure,
    private readonly tell: (epoch: number | null) => void,
    private readonly announce: (text: string) => void,
    head: Node[] = [],
  ) {
    this.logarithmic = figure.logarithmic;
    this.epochs = [...new Set(figure.series.flatMap(({ epochs }) => epochs))].sort((a, b) => a - b);
    this.lines = figure.series.map((each) => this.aligned(each, each.values));
    this.legend = legend(figure.series, (k, shown) => this.show(k, shown));
    this.place = element("div", { class: "canvas", tabindex: 0, role: "img", "aria-label": this.described() });
    this.place.addEventListener("keydown", (event) => this.onKey(event));
    const scale = element("button", { type: "button", class: "scale", title: "logarithmic or linear scale" }, "log");
    scale.setAttribute("aria-pressed", String(this.logarithmic));
    scale.setAttribute("aria-label", `log scale: ${figure.title}`);
    scale.addEventListener("click", () => {
      this.logarithmic = !this.logarithmic;
      scale.setAttribute("aria-pressed", String(this.logarithmic));
      this.draw();
    });
    this.node = element(
      "figure",
      { class: "plot", "data-plot": figure.id },
      element("figcaption", {}, element("h3", {}, figure.title), ...head, scale),
      this.place,
      this.legend.node,
      numbersTable(figure, this.epochs, this.lines),
    );
  }

  /** Draw anew, in the colors and the size of the moment. */
  draw(): void {
    const hidden = this.drawn?.series.map(({ show }) => show === false) ?? [];
    this.drawn?.destroy();
    this.place.replaceChildren();
    const width = this.place.clientWidth;
    if (!width || !this.epochs.length) return;
    const { data, series, bands } = this.columns();
    this.drawn = new uPlot(
      {
        width,
        height: HEIGHT,
        series: series.map((each, k) => (hidden[k] ? { ...each, show: false } : each)),
        bands,
        legend: { show: false },
        scales: {
          x: { time: false, range: (_, low, high) => wide(low, high) },
          y: this.logarithmic ? { distr: 3, range: (_, low, high) => [low / MARGIN, high * MARGIN] } : {},
        },
        axes: [this.axis("epoch", 34), { ...this.axis(this.figure.unit, 62), ...(this.logarithmic ? LOGARITHMIC : {}) }],
        cursor: { y: false, sync: { key: CURSOR }, points: { size: 7 } },
        hooks: { setCursor: [(plot) => this.onCursor(plot)], draw: [(plot) => this.mark(plot)] },
      },
      data,
      this.place,
    );
    this.legend.tell(this.lines, null);
  }

  resize(): void {
    if (this.drawn && this.place.clientWidth) this.drawn.setSize({ width: this.place.clientWidth, height: HEIGHT });
    else this.draw();
  }

  private columns(): { data: uPlot.AlignedData; series: uPlot.Series[]; bands: uPlot.Band[] } {
    const data: Numbers[] = [];
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    this.figure.series.forEach((each, k) => {
      const tint = seriesColor(each.color);
      const dash = each.dashed ? { dash: DASHES } : {};
      data.push(this.drawable(this.lines[k]!));
      series.push({ label: each.name, stroke: tint, width: 1.7, spanGaps: true, points: { size: 4, fill: tint }, ...dash });
    });
    this.figure.series.forEach((each) => {
      if (!each.low || !each.high) return;
      const at = data.length + 1;
      for (const edge of [each.high, each.low]) {
        data.push(this.drawable(this.aligned(each, edge)));
        series.push({ label: each.name, spanGaps: true, points: { show: false } });
      }
      bands.push({ series: [at, at + 1], fill: faint(seriesColor(each.color), 0.22) });
    });
    return { data: [this.epochs, ...data] as uPlot.AlignedData, series, bands };
  }

  /** What a logarithmic scale has no place for is left out. */
  private drawable(values: Numbers): Numbers {
    return this.logarithmic ? values.map((x) => (x !== null && x > 0 ? x : null)) : values;
  }

  private aligned(series: Series, values: Numbers): Numbers {
    if (series.epochs.length === this.epochs.length) return values;
    const known = new Map(series.epochs.map((epoch, k) => [epoch, values[k] ?? null]));
    return this.epochs.map((epoch) => known.get(epoch) ?? null);
  }

  private axis(label: string, size: number): uPlot.Axis {
    const line = color("line");
    return {
      label,
      labelFont: FONT,
      labelSize: 18,
      labelGap: 2,
      font: FONT,
      size,
      stroke: color("muted"),
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1, size: 4 },
      values: (_, ticks) => ticks.map((x) => (x === null ? "" : numberText(x))),
    };
  }

  /** A ring around the epoch whose weights are kept. */
  private mark(plot: uPlot): void {
    this.figure.series.forEach((each, k) => {
      const place = this.epochs.indexOf(each.marked ?? NaN);
      const value = this.lines[k]![place];
      if (place < 0 || value === null || value === undefined || plot.series[k + 1]?.show === false) return;
      const { ctx } = plot;
      ctx.save();
      ctx.setLineDash([]);
      ctx.beginPath();
      const ratio = devicePixelRatio;
      ctx.arc(plot.valToPos(this.epochs[place]!, "x", true), plot.valToPos(value, "y", true), 5 * ratio, 0, 2 * Math.PI);
      ctx.strokeStyle = seriesColor(each.color);
      ctx.lineWidth = 2 * ratio;
      ctx.stroke();
      ctx.restore();
    });
  }

  private show(k: number, shown: boolean): void {
    if (!this.drawn) return;
    this.drawn.setSeries(k + 1, { show: shown });
    const ribbons = this.figure.series.slice(0, k).filter(({ low }) => low).length;
    if (this.figure.series[k]!.low) {
      const first = this.figure.series.length + 1 + 2 * ribbons;
      for (const edge of [first, first + 1]) this.drawn.setSeries(edge, { show: shown });
    }
  }

  private onCursor(plot: uPlot): void {
    const place = plot.cursor.idx ?? null;
    this.legend.tell(this.lines, place);
    this.tell(place === null ? null : this.epochs[place]!);
  }

  /** Arrows move the cursor from epoch to epoch. */
  private onKey(event: KeyboardEvent): void {
    const plot = this.drawn;
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.epochs.length - 1;
    const now = plot.cursor.idx ?? last;
    const steps: Record<string, number | null> = {
      ArrowLeft: Math.max(0, now - 1),
      ArrowRight: Math.min(last, now + 1),
      Home: 0,
      End: last,
      Escape: null,
    };
    const place = steps[event.key];
    if (place === undefined) return;
    event.preventDefault();
    const move = plot.setCursor.bind(plot) as MoveCursor;
    if (place === null) {
      plot.setScale("x", { min: this.epochs[0]!, max: this.epochs[last]! });
      move({ left: -10, top: -10 }, true, true);
      return;
    }
    move({ left: plot.valToPos(this.epochs[place]!, "x"), top: 10 }, true, true);
    const values = this.figure.series.map(({ name }, k) => `${name} ${numberText(this.lines[k]![place])}`);
    this.announce(`epoch ${this.epochs[place]}: ${values.join(", ")}`);
  }

  private described(): string {
    const last = this.figure.series.map(({ name }, k) => {
      const known = this.lines[k]!.filter((x) => x !== null);
      return `${name} from ${numberText(known[0])} to ${numberText(known.at(-1))}`;
    });
    return `${this.figure.title} over ${this.epochs.length} epochs: ${last.join(", ")}`;
  }
}

/** Ticks of a logarithmic axis at powers of ten, and between them where there are few. */
const LOGARITHMIC: Partial<uPlot.Axis> = {
  splits: (_, __, low, high) => {
    const decades = Math.log10(high / low);
    const every = Math.max(1, Math.ceil(decades / 6));
    const digits = decades < 0.7 ? [1, 1.5, 2, 3, 4, 5, 7] : decades < 2 ? [1, 2, 5] : [1];
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += every)
      found.push(...digits.map((digit) => digit * 10 ** power).filter((x) => x >= low && x <= high));
    return found;
  },
  filter: (_, splits) => splits,
};

/** A range for the epochs; one alone stands in the middle. */
function wide(low: number, high: number): [number, number] {
  return low === high ? [low - 1, high + 1] : [low, high];
}
