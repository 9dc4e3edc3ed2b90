// The colors of the moment, for canvases, which know no variables of CSS.

export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function seriesColor(k: number): string {
  return color(`series-${k}`);
}

/** A color #rrggbb, see-through. */
export function faint(hex: string, opacity: number): string {
  const [red, green, blue] = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  return `rgba(${red},${green},${blue},${opacity})`;
}
