// A document by columns, made whole again: the twin of `view/packed.py`, which tells what the columns are.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

type Column =
  | Json[]
  | { same: Json }
  | { words: Json[]; at: Column }
  | { steps: number[] }
  | { lengths: Column; of: Column }
  | { kinds: Column; of: Column[] }
  | { forms: string[][]; form: Column; of: Column[] };

interface Packed {
  schema: string;
  document: Column;
}

export const PACKED = "chainrule/packed/1";

/** The document that stands in a page as gzip in base64. */
export async function opened(text: string): Promise<unknown> {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return unpacked((await new Response(stream).json()) as Packed);
}

export function unpacked(packed: Packed): unknown {
  if (packed.schema !== PACKED) throw new Error(`a document of schema ${packed.schema}, not ${PACKED}`);
  return values(packed.document, 1)[0];
}

function values(column: Column, count: number): Json[] {
  if (Array.isArray(column)) return column;
  if ("same" in column) return new Array<Json>(count).fill(column.same);
  if ("words" in column) return numbers(column.at, count).map((place) => column.words[place]!);
  if ("steps" in column) return sums(column.steps);
  if ("lengths" in column) return lists(numbers(column.lengths, count), column.of);
  if ("kinds" in column) return mixed(numbers(column.kinds, count), column.of);
  return objects(column.forms, numbers(column.form, count), column.of);
}

function numbers(column: Column, count: number): number[] {
  return values(column, count) as number[];
}

function sums(steps: number[]): number[] {
  let total = 0;
  return steps.map((step) => (total += step));
}

function lists(lengths: number[], of: Column): Json[] {
  const all = values(of, sums(lengths).at(-1) ?? 0);
  let end = 0;
  return lengths.map((length) => all.slice(end, (end += length)));
}

function mixed(kinds: number[], of: Column[]): Json[] {
  const parts = of.map((part, kind) => values(part, kinds.filter((each) => each === kind).length));
  const at = of.map(() => 0);
  return kinds.map((kind) => parts[kind]![at[kind]!++]!);
}

function objects(forms: string[][], form: number[], of: Column[]): Json[] {
  const found = form.map((): { [key: string]: Json } => ({}));
  const keys = [...new Set(forms.flat())];
  const columns = keys.map((key, place) => {
    const having = forms.map((each) => each.includes(key));
    return values(of[place]!, form.filter((each) => having[each]).length);
  });
  const places = forms.map((each) => each.map((key) => keys.indexOf(key)));
  const at = keys.map(() => 0);
  form.forEach((each, row) => {
    for (const place of places[each]!) found[row]![keys[place]!] = columns[place]![at[place]!++]!;
  });
  return found;
}
