// Making elements. Text becomes text nodes, so that names of the user's are never read as markup.

export type Child = Node | string | null | undefined | false;

type Attributes = Record<string, string | number | boolean | null | undefined>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children.filter(isShown));
  return made;
}

export function isShown(child: Child): child is Node | string {
  return child !== null && child !== undefined && child !== false;
}

export function svgElement(tag: string, attributes: Attributes = {}, ...children: (Node | string)[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

export function button(words: string, title: string, run: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element("button", { type: "button", title, ...attributes }, words);
  made.addEventListener("click", run);
  return made;
}

/** Buttons of which one is chosen; returns what marks the chosen one. */
export function choice<T extends string>(
  slot: HTMLElement,
  label: string,
  options: readonly (readonly [value: T, words: string, title: string])[],
  choose: (value: T) => void,
): (chosen: T) => void {
  const buttons = options.map(([value, words, title]) => button(words, title, () => choose(value), { "data-value": value }));
  slot.append(element("span", { class: "choice", role: "group", "aria-label": label }, ...buttons));
  return (chosen) => {
    for (const each of buttons) each.setAttribute("aria-pressed", String(each.dataset["value"] === chosen));
  };
}

function setAttributes(made: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
}
