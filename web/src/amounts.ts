// How much of a gradient is there: partial sums, from what the document holds of each term.

import type { Added, Described, GraphDocument, Nested, Num, Picture } from "./document";
import { numberText, sixDigits } from "./numbers";
import type { Entry, Term } from "./stepping";

/** Nothing in it is there where the page does not hold it. */
export interface Amount {
  rms?: Num;
  numbers?: Nested;
  picture?: Picture;
  /** Whether the innermost pairs of the numbers are complex ones. */
  complex?: boolean;
}

const MOST_NUMBERS = 4;

/** What a term adds to the gradient of a variable. */
export function amountOfTerm(graph: GraphDocument, node: number, term: Term): Amount {
  const added = term === "seed" ? graph.nodes[node]!.seed : term.contribution;
  return added === "gradient" ? gradientOf(graph, node) : { ...added, complex: isComplex(graph, node) };
}

/** The sum so far. */
export function amountOf(graph: GraphDocument, node: number, { have, terms }: Entry): Amount {
  if (have === 0) return {};
  if (have === terms.length) return gradientOf(graph, node);
  const parts = terms.slice(0, have).map((term) => amountOfTerm(graph, node, term));
  return parts.length === 1 ? parts[0]! : sumOf(parts);
}

function isComplex({ nodes }: GraphDocument, node: number): boolean {
  return nodes[node]!.dtype.includes("complex");
}

function sumOf(parts: Amount[]): Amount {
  const numbers = parts.map((part) => part.numbers);
  const pictures = parts.map((part) => part.picture);
  const { sum_rms: rms, complex = false } = parts.at(-1) as Added & Amount;
  const found: Amount = { complex };
  if (numbers.every((each) => each !== undefined)) {
    found.numbers = numbers.reduce(plus);
    found.rms = rootMeanSquare(found.numbers, complex);
  } else if (rms !== undefined) {
    found.rms = rms;
  }
  if (pictures.every((each) => each !== undefined)) found.picture = overlaid(pictures);
  return found;
}

function gradientOf(graph: GraphDocument, node: number): Amount {
  const gradient = graph.nodes[node]!.gradient;
  if (gradient === undefined || "no_path" in gradient) return {};
  const { statistics, numbers, picture }: Described = gradient;
  return {
    ...(statistics.rms !== null && { rms: statistics.rms }),
    ...(numbers !== undefined && { numbers }),
    ...(picture && { picture }),
    complex: isComplex(graph, node),
  };
}

export function plus(a: Nested, b: Nested): Nested {
  if (Array.isArray(a) && Array.isArray(b)) return a.map((each, k) => plus(each, b[k]!));
  return toNum(fromNum(a as Num) + fromNum(b as Num));
}

function rootMeanSquare(numbers: Nested, complex: boolean): Num {
  const all = leaves(numbers).map(fromNum);
  return toNum(Math.hypot(...all) / Math.sqrt(complex ? all.length / 2 : all.length));
}

function leaves(numbers: Nested): Num[] {
  return Array.isArray(numbers) ? numbers.flatMap(leaves) : [numbers];
}

function fromNum(x: Num): number {
  return typeof x === "number" ? x : x === "nan" ? NaN : x === "inf" ? Infinity : -Infinity;
}

function toNum(x: number): Num {
  return Number.isFinite(x) ? x : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

// Pictures have shades of the range from low to high; the last shade is what is not finite.

const SHADES = 254;

/** Arrays of one shape show the same indices, so their pictures add up. */
function overlaid(pictures: Picture[]): Picture {
  const shown = pictures.map(levels);
  const sums = shown[0]!.map((_, k) => shown.reduce((sum, each) => sum + each[k]!, 0));
  const finite = sums.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite, Infinity), Math.max(...finite, -Infinity)];
  const shades = sums.map((x) => (!Number.isFinite(x) ? SHADES + 1 : high > low ? Math.round(((x - low) / (high - low)) * SHADES) : 0));
  const { exact: _, ...first } = pictures[0]! as Picture & { exact?: string };
  const [from, to] = finite.length ? [low, high] : [0, 0];
  return { ...first, low: from, high: to, shades: btoa(String.fromCharCode(...shades)) };
}

function levels({ low, high, shades }: Picture): number[] {
  return Array.from(atob(shades), (letter) => {
    const shade = letter.charCodeAt(0);
    return shade > SHADES ? NaN : low + ((high - low) * shade) / SHADES;
  });
}

// As text

/** In a box: three digits of a single number, the root mean square of an array; a dash where the page holds neither. */
export function shortText(amount: Amount): string {
  return textOfFew(amount, 1, numberText);
}

/** In a table: six digits of few numbers each. */
export function longText(amount: Amount): string {
  return textOfFew(amount, MOST_NUMBERS, sixDigits);
}

/** In a formula: three digits of few numbers each. */
export function formulaText(amount: Amount): string {
  return textOfFew(amount, MOST_NUMBERS, numberText);
}

function textOfFew({ numbers, rms, complex = false }: Amount, most: number, text: (x: Num) => string): string {
  const all = numbers === undefined ? [] : leaves(numbers);
  const count = complex ? all.length / 2 : all.length;
  if (count === 1) return complex ? complexText(all, text) : text(all[0]!);
  if (count > 0 && count <= most) return nestedText(numbers!, text, complex);
  return rms === undefined ? "–" : `rms ${text(rms)}`;
}

function nestedText(numbers: Nested, text: (x: Num) => string, complex: boolean): string {
  if (!Array.isArray(numbers)) return text(numbers);
  if (complex && !numbers.some(Array.isArray)) return complexText(numbers as Num[], text);
  return `[${numbers.map((each) => nestedText(each, text, complex)).join(", ")}]`;
}

function complexText([real, imaginary]: Num[], text: (x: Num) => string): string {
  const written = text(imaginary!);
  return `${text(real!)}${written.startsWith("-") ? "" : "+"}${written}i`;
}
