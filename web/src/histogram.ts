// How often which numbers occur, as bars; their heights are logarithms of the counts, so that rare ones are seen.

import type { Histogram } from "./document";
import { element, svgElement } from "./elements";
import { counted, numberText } from "./numbers";

const WIDTH = 240;
const HEIGHT = 44;

export function histogramOf({ low, high, counts }: Histogram): HTMLElement | null {
  if (low === null || high === null) return null;
  const most = Math.max(...counts);
  const step = WIDTH / counts.length;
  const bars = counts.map((count, k) => {
    const height = count ? Math.max(2, (Math.log1p(count) / Math.log1p(most)) * HEIGHT) : 0;
    const [from, to] = [k, k + 1].map((each) => numberText(low + ((high - low) * each) / counts.length));
    return svgElement(
      "rect",
      { x: k * step + 0.5, y: HEIGHT - height, width: step - 1, height, "data-count": count },
      svgElement("title", {}, `${from} to ${to}: ${counted(count)}`),
    );
  });
  const zero = low < 0 && high > 0 ? (-low / (high - low)) * WIDTH : null;
  const label = `histogram, ${numberText(low)} to ${numberText(high)}, at most ${counted(most)} in a bar`;
  return element(
    "figure",
    { class: "histogram" },
    svgElement(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      ...(zero === null ? [] : [svgElement("path", { class: "zero", d: `M${zero} 0V${HEIGHT}` })]),
      ...bars,
    ),
    element(
      "figcaption",
      {},
      element("span", {}, numberText(low)),
      element("span", {}, `most ${counted(most)}, log`),
      element("span", {}, numberText(high)),
    ),
  );
}
