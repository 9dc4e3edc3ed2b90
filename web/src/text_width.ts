// How wide a text is, about: the twin of `chainrule.view.text_width`.

const NARROW = new Set("iljtfrI.,:;|'!()[]{} `\u00b7-");
const WIDE = new Set("mwMW@%\u2026\u2014\u2202\u2297\u03a3");

/** In the unit of the font's size; a whole number of halves. */
export function textWidth(text: string, size: number): number {
  return Math.ceil(2 * size * Array.from(text, ems).reduce((a, b) => a + b, 0)) / 2;
}

function ems(letter: string): number {
  if (NARROW.has(letter)) return 0.38;
  if (WIDE.has(letter)) return 0.95;
  if (letter.codePointAt(0)! > 0x2e80) return /\p{M}/u.test(letter) ? 0 : 1.05;
  return /\p{Lu}/u.test(letter) ? 0.7 : 0.61;
}
