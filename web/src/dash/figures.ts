// Which figures there are, and what is drawn in each.

import type { CurveName, Layer, Numbers, Run } from "./data";

/** Numbers over epochs, in one of the colors of series; between `low` and `high` there is a ribbon. */
export interface Series {
  name: string;
  color: number;
  dashed: boolean;
  epochs: number[];
  values: Numbers;
  low?: Numbers;
  high?: Numbers;
  /** An epoch to mark. */
  marked?: number | null;
}

export interface Figure {
  id: string;
  title: string;
  /** What stands at the axis, with its unit. */
  unit: string;
  logarithmic: boolean;
  /** Whether it shows the layers of one run, which can be chosen. */
  ofOneRun: boolean;
  series: Series[];
}

const RANGE = 30; // from the least to the greatest: from here on the scale is logarithmic
const COLORS = 8;

export function figures(runs: Run[], chosen: number): Figure[] {
  const several = runs.length > 1;
  const word = runs[0]?.score ?? "score";
  const curve = (k: number, name: CurveName, words: string, color: number, dashed = false, mark = false): Series[] => {
    const run = runs[k]!;
    const values = run.curves[name];
    if (!values) return [];
    const title = several ? (words ? `${run.name}: ${words}` : run.name) : words || run.name;
    const one = { name: title, color: several ? k : color, dashed: several && dashed, epochs: run.epochs, values };
    return [mark ? { ...one, marked: run.best } : one];
  };
  const each = (name: CurveName, words: string, color = 0): Series[] =>
    runs.flatMap((_, k) => curve(k, name, several ? "" : words, color));
  const losses = runs.flatMap((_, k) => [
    ...curve(k, "validation_loss", "validation", 0, false, true),
    ...curve(k, "loss", "training", 1, true),
  ]);
  const layers = runs[chosen]?.layers ?? [];
  const ribbons = (what: "gradient_norm" | "step_ratio"): Series[] =>
    layers.map((layer, k) => ribbon(layer, what, k, runs[chosen]!.epochs));
  const found: Figure[] = [
    figure("loss", "Loss, without the penalty", "loss", losses),
    figure("score", `${capital(word)} on validation rows`, word, each("score", "validation")),
    figure("penalty", "Penalty", "penalty", each("penalty", "penalty", 2)),
    figure("learning-rate", "Learning rate", "learning rate", each("learning_rate", "learning rate", 3)),
    { ...figure("gradients", "Gradient of each layer", "norm", ribbons("gradient_norm")), ofOneRun: true },
    { ...figure("ratios", "Step over weights, each layer", "ratio of norms", ribbons("step_ratio")), ofOneRun: true },
    figure("time", "Time per step", "ms", each("seconds_per_step", "time per step", 4).map(milliseconds)),
  ];
  for (const one of found) if (one.ofOneRun) one.logarithmic = true;
  return found.filter(({ series, ofOneRun }) => series.length || (ofOneRun && runs.some((run) => run.layers.length)));
}

function figure(id: string, title: string, unit: string, series: Series[]): Figure {
  return { id, title, unit, series, ofOneRun: false, logarithmic: isWide(series) };
}

function ribbon(layer: Layer, what: "gradient_norm" | "step_ratio", k: number, epochs: number[]): Series {
  const [low, values, high] = layer[what];
  return { name: layer.name, color: k % COLORS, dashed: k >= COLORS, epochs, values, low, high };
}

function milliseconds(series: Series): Series {
  return { ...series, values: series.values.map((x) => (x === null ? null : 1000 * x)) };
}

function isWide(series: Series[]): boolean {
  let low = Infinity;
  let high = -Infinity;
  for (const { values } of series)
    for (const x of values)
      if (x !== null) {
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
  return low > 0 && high / low > RANGE;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
