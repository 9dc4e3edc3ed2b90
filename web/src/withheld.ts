// What the picture tells before it is computed is taken back, and written again where nobody steps.

import { buttonOf } from "./canvas";

export class Withheld {
  private readonly texts = new WeakMap<Element, string>();
  private readonly labels = new WeakMap<Element, string>();

  constructor(private readonly svg: () => SVGSVGElement) {}

  /** All as it was drawn. */
  restore(): void {
    for (const text of this.svg().querySelectorAll("text")) this.write(text, null);
    for (const button of this.svg().querySelectorAll('[role="button"]')) {
      const before = this.labels.get(button);
      if (before !== undefined) button.setAttribute("aria-label", before);
    }
  }

  /** In the place of a text; null for what was drawn. */
  write(text: Element, words: string | null): void {
    if (words !== null && !this.texts.has(text)) this.texts.set(text, text.textContent ?? "");
    const wanted = words ?? this.texts.get(text);
    if (wanted !== undefined && text.textContent !== wanted) text.textContent = wanted;
  }

  /** What is said of a shape. */
  label(shape: SVGGElement, words: string): void {
    const button = buttonOf(shape);
    if (!button) return;
    if (!this.labels.has(button)) this.labels.set(button, button.getAttribute("aria-label") ?? "");
    button.setAttribute("aria-label", words);
  }
}
