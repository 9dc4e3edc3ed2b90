// The names of the series of a figure, each a switch, with its number under the cursor.

import { element } from "../elements";
import { numberText } from "../numbers";
import type { Numbers } from "./data";
import type { Series } from "./figures";

export interface Legend {
  node: HTMLElement;
  /** Write the numbers of a place; the last ones there are, where there is none. */
  tell: (lines: Numbers[], place: number | null) => void;
}

export function legend(series: Series[], show: (k: number, shown: boolean) => void): Legend {
  const values = series.map(() => element("span", { class: "value" }));
  const keys = series.map((each, k) => {
    const kind = `key series-${each.color}${each.dashed ? " dashed" : ""}`;
    const key = element(
      "button",
      { type: "button", class: kind, "aria-pressed": "true", title: "show or hide" },
      element("bdi", {}, each.name),
      " ",
      values[k],
    );
    key.addEventListener("click", () => {
      const shown = key.getAttribute("aria-pressed") !== "true";
      key.setAttribute("aria-pressed", String(shown));
      show(k, shown);
    });
    return key;
  });
  return {
    node: element("div", { class: "legend" }, ...keys),
    tell: (lines, place) => {
      values.forEach((value, k) => {
        const line = lines[k]!;
        value.textContent = numberText(place === null ? line.findLast((x) => x !== null) : line[place]);
      });
    },
  };
}
