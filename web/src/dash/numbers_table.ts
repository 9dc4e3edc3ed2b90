// The numbers of a figure as a table, which is made when somebody opens it.

import { element } from "../elements";
import { sixDigits } from "../numbers";
import type { Numbers } from "./data";
import type { Figure } from "./figures";

export function numbersTable(figure: Figure, epochs: number[], lines: Numbers[]): HTMLElement {
  const place = element("div", { class: "scrolled", tabindex: 0, role: "region", "aria-label": `numbers: ${figure.title}` });
  const details = element("details", { class: "numbers" }, element("summary", {}, "Numbers"), place);
  const fill = (): void => {
    if (!place.childElementCount) place.append(table(figure, epochs, lines));
  };
  details.addEventListener("toggle", fill);
  addEventListener("beforeprint", () => details.open && fill());
  return details;
}

function table(figure: Figure, epochs: number[], lines: Numbers[]): HTMLElement {
  const head = ["epoch", ...figure.series.map(({ name }) => name)];
  const rows = epochs.map((epoch, place) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, String(epoch)),
      ...lines.map((line) => element("td", {}, sixDigits(line[place]))),
    ),
  );
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, element("bdi", {}, name))))),
    element("tbody", {}, ...rows),
  );
}
