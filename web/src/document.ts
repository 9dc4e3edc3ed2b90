// The document "chainrule/view/1", as `chainrule.view.document` writes it.

export type Style = "compact" | "lecture";
export type Show = "value" | "gradient" | "jacobian" | "health" | "memory";
export type Severity = "error" | "warning" | "note";

/** A number, or what JSON has no number for: "nan", "inf", "-inf". */
export type Num = number | "nan" | "inf" | "-inf";
export type Nested = Num | Nested[];

export interface Statistics {
  min: Num | null;
  mean: Num | null;
  max: Num | null;
  rms: Num | null;
  zeros: number;
  nan: number;
  inf: number;
  subnormal: number;
}

export interface Histogram {
  low: number | null;
  high: number | null;
  counts: number[];
}

/** An array in at most 255 shades, the last axis fastest; 255 itself is what is not finite. */
export interface Picture {
  shape: number[];
  /** Which indices of each axis it shows. */
  at: number[][];
  thinned: boolean;
  low: number;
  high: number;
  shades: string;
  /** The numbers themselves, in four or eight bytes each. */
  exact?: string;
}

export interface Described {
  statistics: Statistics;
  numbers?: Nested;
  histogram?: Histogram;
  picture?: Picture;
}

/** Text, kind, size of letters, room; of a constant's chip also which constant and as which argument. */
export type Word = [string, string, number, number, number?, number?];

export interface Box {
  size: [number, number];
  lines: Word[][];
  sign?: Word[];
}

export interface Drawn {
  title: string;
  boxes: Partial<Record<Style, Box>>;
  numbers?: Record<Show, string>;
  flag?: [text: string, severity: Severity, message: string, width: number];
}

export interface GraphNode {
  id: number;
  name: string;
  label: string;
  named: boolean;
  role: "input" | "parameter" | "constant" | "operation" | "output" | "loss";
  operation: string | null;
  word: string;
  parameters: Record<string, string>;
  shape: number[];
  dtype: string;
  bytes: number;
  group: number;
  inputs: number[];
  consumers: number[];
  source: number | null;
  kept: Kept | null;
  part?: number;
  constant?: Nested;
  value?: Described;
  gradient?: Described | { no_path: true };
  /** Of a result: where its gradient starts. */
  seed?: Added;
  health?: Health;
  /** What it computes and how its arguments get their gradients; or which of the document's rules does. */
  rule?: Rule | { template: number } | { because: string };
  /** How it is called in rules with holes. */
  symbol?: NameSymbol;
  drawn: Drawn;
}

/** The mark of a variable; `by` is what poisons it. */
export interface Health {
  kind: string;
  severity: Severity;
  brief: string;
  message: string;
  icon: string;
  reach?: string | null;
  by?: number;
}

/** One formula in two languages. */
export interface Formula {
  tex: string;
  mathml: string;
}

export interface Rule {
  forward: Formula;
  backward: BackwardRule[];
  why: string;
}

/** How an argument gets its gradient; or why there is no rule. */
export interface BackwardRule extends Partial<Formula> {
  argument: number;
  shapes?: Formula;
  numbers?: Formula;
  kronecker?: Formula;
  because?: string;
}

/** Letter and index of a name. */
export interface NameSymbol {
  tex: [base: string, below: string];
  mathml: [base: string, below: string];
}

/** What the way back needs of a variable: for which edges, as pairs of `to` and `argument`. */
export interface Kept {
  bytes: number;
  for: [number, number][];
}

/** Rows and columns of a local Jacobian, as places in the flattened result and argument. */
export interface Sample {
  rows: number[];
  columns: number[];
  entries: Num[][];
}

/** What is added to a gradient; of a large array also the root mean square of the sum with it. */
export interface Added {
  rms: Num;
  sum_rms?: Num;
  numbers?: Nested;
  picture?: Picture;
}

/** What an edge adds to the gradient of its argument; "gradient" where that is all of it. */
export type Contribution = "gradient" | Added;

export interface GraphEdge {
  from: number;
  to: number;
  argument: number;
  structure: string;
  shape: [number[], number[]];
  stored: number;
  full: number;
  /** Its entries in index notation, and the shapes of the factors in it. */
  notation?: string;
  factors?: number[][];
  sample?: Sample;
  gain?: Num;
  contribution?: Contribution;
  /** How far the rule is from differences at this point, where that was asked for. */
  check?: Check;
}

/** The largest difference, relative to the largest number; or why there is none. */
export type Check = { error: Num; tolerance: number; passed: boolean } | { because: string };

export interface Group {
  id: number;
  kind: string;
  title: string;
  parent: number | null;
  copies: number;
  operations: number;
  parameters: number;
  drawn: Drawn;
}

export interface Item {
  kind: "node" | "group" | "in" | "out" | "bend";
  number: number;
  rank: number;
  order: number;
  spine: boolean;
}

export interface LevelEdge {
  from: number;
  to: number;
  variable: number;
  user: number;
  argument: number;
  through: number[];
  lane: number;
}

export interface Level {
  group: number;
  items: Item[];
  edges: LevelEdge[];
}

export interface Source {
  file: string;
  function: string;
  line: number;
  first: number;
  code: string[];
  columns: [number, number];
}

export interface Finding {
  kind: string;
  severity: Severity;
  message: string;
  brief: string;
  icon: string;
  variable: string | null;
  node: number | null;
  /** Further variables on the same line with the same finding. */
  alike: (number | null)[];
  repeats: number;
  file: string | null;
  line: number | null;
  operation: string | null;
  index: number[] | null;
  inputs: string[];
  /** Names, not more than a hundred of so many. */
  poisoned: string[];
  poisoned_count: number;
  reaches_output: boolean | null;
  reach: string | null;
  cure: string | null;
  limits: Record<string, number>;
  /** Of a gradient that vanishes or explodes: from the result back to the variable. */
  way?: { path: number[]; products: Num[]; at: number };
}

export interface Summary {
  variables: number;
  operations: number;
  parameters: number;
  bytes: number;
  /** Bytes for the way back: results of operations, and inputs and constants. */
  kept: { made: number; given: number };
  forward?: "ok" | "not finite" | "failed";
  backward?: "ok" | "not finite" | "no derivative" | "not asked for";
  errors?: number;
  warnings?: number;
  notes?: number;
  result?: Nested;
}

/** The graph of the gradients by itself: values of the forward graph that it needs are its inputs. */
export interface GradientGraph {
  document: GraphDocument;
  /** Groups that are open at first. */
  opened: number[];
  values: { forward: number; backward: number }[];
  /** For each forward variable its gradient here, then what else it is computed with. */
  links: { forward: number; backward: number[] }[];
}

export interface Backward extends GradientGraph {
  simplified: GradientGraph;
}

export interface GraphDocument {
  schema: "chainrule/view/1";
  name: string;
  caption: { name: string; described: string; width: number };
  summary: Summary;
  inputs: number[];
  outputs: number[];
  nodes: GraphNode[];
  edges: GraphEdge[];
  groups: Group[];
  levels: Level[];
  /** Rules with holes for names, of large graphs. */
  rules?: Rule[];
  sources: Source[];
  findings: Finding[];
  thinned: string | null;
  /** Null where there is no gradient; not in the documents of large graphs. */
  backward?: Backward | null;
}

/** What all graphs are drawn with. */
export interface Constants {
  glyphs: Record<string, { lines: string; areas: string; letters: string }>;
  style_sheets: Record<"auto" | "light" | "dark", string>;
  /** The limits of flags: of which kind, in words, the number. */
  thresholds: [kind: string, words: string, limit: number][];
}

/** How a page begins. */
export interface PageOptions {
  opened: number[];
  style: Style;
  show: Show;
  theme: "auto" | "light" | "dark";
}
