// What Python has put into the page: schema chainrule/report/1, written by `view/report/payload.py`.

export type Numbers = (number | null)[];

export const CURVES = ["loss", "validation_loss", "penalty", "score", "learning_rate", "seconds_per_step"] as const;
export type CurveName = (typeof CURVES)[number];

/** A layer: the least, the middle and the greatest of the steps that were sampled in each epoch. */
export interface Layer {
  name: string;
  gradient_norm: [Numbers, Numbers, Numbers];
  step_ratio: [Numbers, Numbers, Numbers];
}

export interface Run {
  name: string;
  /** What the score is called: accuracy, R2. */
  score: string;
  /** The epoch whose weights are kept. */
  best: number | null;
  /** Whether epochs are left out. */
  thinned: boolean;
  under_way: boolean;
  epochs: number[];
  curves: Partial<Record<CurveName, Numbers>>;
  layers: Layer[];
}

interface Report {
  schema: string;
  runs: Run[];
}

export const SCHEMA = "chainrule/report/1";

export function load(): Run[] {
  const report = JSON.parse(document.getElementById("chainrule-report")!.textContent!) as Report;
  if (report.schema !== SCHEMA) throw new Error(`a report of schema ${report.schema}, not ${SCHEMA}`);
  return report.runs;
}
