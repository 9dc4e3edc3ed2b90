// Small formulas as MathML. Text is text: names of the user's become text nodes.

export type Mark = Element | string;

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";

export function mark(tag: string, ...children: Mark[]): Element {
  const made = document.createElementNS(NAMESPACE, tag);
  made.append(...children);
  return made;
}

export function math(...children: Mark[]): Element {
  const made = mark("math", mark("mrow", ...children));
  made.setAttribute("displaystyle", "true");
  return made;
}

export const sign = (text: string): Element => mark("mo", text);
export const plain = (text: string): Element => mark("mtext", text);

/** A letter is slanted, a longer name stands upright. */
export const name = (text: string): Element => mark(Array.from(text).length === 1 ? "mi" : "mtext", text);

/** ∂a/∂b */
export function derivative(a: Mark, b: Mark): Element {
  const partial = (x: Mark): Element => mark("mrow", mark("mo", "∂"), x);
  return mark("mfrac", partial(a), partial(b));
}

/** In round brackets. */
export function fenced(...children: Mark[]): Element {
  return mark("mrow", sign("("), ...children, sign(")"));
}

export const transposed = (x: Mark): Element => mark("msup", x, mark("mo", "⊤"));

/** u with the number of a variable above, as the lecture has it. */
export const numbered = (letter: string, index: string): Element =>
  mark("msup", mark("mi", letter), mark("mrow", sign("("), mark("mi", index), sign(")")));

export function separated(items: Mark[], between: string): Mark[] {
  return items.flatMap((item, k) => (k ? [sign(between), item] : [item]));
}
