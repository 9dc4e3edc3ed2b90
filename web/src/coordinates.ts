// Where the items of a level stand: the twin of `chainrule.view.coordinates`, step by step in the same order, so that
// both find the same numbers.

export interface Given {
  ranks: number[];
  orders: number[];
  straight: boolean[];
  bends: boolean[];
  pieces: [number, number, number, number][];
  sizes: [number, number][];
  lanes: number;
}

export interface Places {
  x: number[];
  y: number[];
  tops: number[];
  bottoms: number[];
  lanes: number[];
  width: number;
  height: number;
}

const SWEEPS = 8;
const BESIDE = 22;
const BY_A_BEND = 11;
const BELOW = 30;
const BY_A_BORDER = 14;
const STEEPEST = 0.16;
const DEEPEST = 90;
const LANE = 9;
const STRAIGHT = 1e7;

type Neighbors = [number, number][][];

export function coordinates({ ranks, orders, straight, bends, pieces, sizes, lanes }: Given): Places {
  const rows: number[][] = Array.from({ length: Math.max(-1, ...ranks) + 1 }, () => []);
  const sorted = ranks.map((_, k) => k).sort((a, b) => ranks[a]! - ranks[b]! || orders[a]! - orders[b]! || a - b);
  for (const k of sorted) rows[ranks[k]!]!.push(k);
  const above: Neighbors = ranks.map(() => []);
  const below: Neighbors = ranks.map(() => []);
  for (const [a, b, begin, end] of pieces) {
    above[b]!.push([a, begin - end]);
    below[a]!.push([b, end - begin]);
  }
  let x = across(rows, straight, bends, above, below, sizes);
  const left = least(x.map((each, k) => each - sizes[k]![0] / 2));
  const right = greatest(x.map((each, k) => each + sizes[k]![0] / 2));
  x = x.map((each) => each - left);
  const { y, tops, bottoms } = down(rows, x, below, sizes);
  const outside = Array.from({ length: lanes }, (_, k) => right - left + BY_A_BEND + LANE * k);
  const width = lanes ? outside[lanes - 1]! + LANE : right - left;
  return { x, y, tops, bottoms, lanes: outside, width, height: bottoms.at(-1) ?? 0 };
}

function least(values: number[]): number {
  return values.length ? values.reduce((a, b) => Math.min(a, b)) : 0;
}

function greatest(values: number[]): number {
  return values.length ? values.reduce((a, b) => Math.max(a, b)) : 0;
}

function across(
  rows: number[][],
  straight: boolean[],
  bends: boolean[],
  above: Neighbors,
  below: Neighbors,
  sizes: [number, number][],
): number[] {
  const fixed = spine(rows, straight, above);
  const apart = rows.map((row) => row.slice(1).map((b, i) => between(row[i]!, b, bends, sizes)));
  const x = sizes.map(() => 0);
  for (let sweep = -1; sweep < SWEEPS; sweep++) {
    const downwards = sweep >= 0 && sweep % 2 === 0;
    for (let i = 0; i < rows.length; i++) {
      const r = downwards ? i : rows.length - 1 - i;
      const row = rows[r]!;
      const wanted: number[] = [];
      const weights: number[] = [];
      for (const k of row) {
        let near = sweep < 0 ? [] : downwards ? above[k]! : below[k]!;
        if (sweep >= SWEEPS - 2 || (sweep >= 0 && !near.length)) near = [...above[k]!, ...below[k]!];
        const free = near.length ? median(near.map(([j, offset]) => x[j]! + offset)) : x[k]!;
        wanted.push(fixed.get(k) ?? free);
        weights.push(fixed.has(k) ? STRAIGHT : bends[k] ? 4 : 1);
      }
      packed(wanted, weights, apart[r]!).forEach((each, i) => {
        x[row[i]!] = fixed.get(row[i]!) ?? each;
      });
    }
  }
  return x;
}

function spine(rows: number[][], straight: boolean[], above: Neighbors): Map<number, number> {
  const fixed = new Map<number, number>();
  for (const row of rows) {
    const k = row.find((each) => straight[each]);
    if (k === undefined) continue;
    const before = above[k]!.find(([j]) => fixed.has(j));
    fixed.set(k, before ? fixed.get(before[0])! + before[1] : 0);
  }
  return fixed;
}

function between(a: number, b: number, bends: boolean[], sizes: [number, number][]): number {
  return (sizes[a]![0] + sizes[b]![0]) / 2 + (bends[a] || bends[b] ? BY_A_BEND : BESIDE);
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const n = values.length;
  return (values[(n - 1) >> 1]! + values[n >> 1]!) / 2;
}

/** Places in this order, at least so far apart, as near as can be to what is wanted: pool adjacent violators. */
export function packed(wanted: number[], weights: number[], apart: number[]): number[] {
  const pools: [place: number, weight: number, count: number][] = [];
  const shifts: number[] = [];
  let shift = 0;
  wanted.forEach((each, k) => {
    shift += k ? apart[k - 1]! : 0;
    shifts.push(shift);
    let place = each - shift;
    let weight = weights[k]!;
    let count = 1;
    while (pools.length && pools.at(-1)![0] > place) {
      const [other, itsWeight, itsCount] = pools.pop()!;
      place = (place * weight + other * itsWeight) / (weight + itsWeight);
      weight += itsWeight;
      count += itsCount;
    }
    pools.push([place, weight, count]);
  });
  const found: number[] = [];
  for (const [place, , count] of pools) {
    for (let k = 0; k < count; k++) found.push(place + shifts[found.length]!);
  }
  return found;
}

function down(
  rows: number[][],
  x: number[],
  below: Neighbors,
  sizes: [number, number][],
): { y: number[]; tops: number[]; bottoms: number[] } {
  const y = x.map(() => 0);
  const tops: number[] = [];
  const bottoms: number[] = [];
  const heights = rows.map((row) => greatest([0, ...row.map((k) => sizes[k]![1])]));
  let at = 0;
  rows.forEach((row, r) => {
    const height = heights[r]!;
    for (const k of row) y[k] = at + (height - sizes[k]![1]) / 2;
    tops.push(at);
    bottoms.push(at + height);
    let farthest = 0;
    for (const k of row) {
      for (const [j, offset] of below[k]!) farthest = Math.max(farthest, Math.abs(x[j]! + offset - x[k]!));
    }
    const betweenBoxes = height > 0 && (r + 1 === rows.length || heights[r + 1]! > 0);
    at += height + Math.min(DEEPEST, Math.max(betweenBoxes ? BELOW : BY_A_BORDER, STEEPEST * farthest));
  });
  return { y, tops, bottoms };
}
