// Formulas as Python has written them: MathML, which browsers lay out by themselves.

const MATHML = "http://www.w3.org/1998/Math/MathML";

/** The element of a text of MathML, and nothing that is not MathML. */
export function formula(mathml: string): Element {
  const text = mathml.replace(/^<math(?! xmlns)/, `<math xmlns="${MATHML}"`);
  const made = new DOMParser().parseFromString(text, "application/xml").documentElement;
  if (made.namespaceURI !== MATHML) throw new Error(`no formula: ${made.textContent}`);
  return document.importNode(made, true);
}
