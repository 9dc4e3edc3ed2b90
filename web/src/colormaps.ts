// Colors of numbers: from blue over white to orange where there are both signs, cividis for magnitudes. Both can be told
// apart by those who see few colors.

export type Color = readonly [red: number, green: number, blue: number];

const BLUE_ORANGE = parsed("08306b 2171b5 6baed6 c6dbef f7f7f7 fdd0a2 fd8d3c d94801 7f2704");
const CIVIDIS = parsed("00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838");
export const NOT_FINITE: Color = [0xcc, 0x79, 0xa7];

export interface Scale {
  low: number;
  high: number;
  signed: boolean;
}

/** Where there are negative numbers zero is in the middle. */
export function scaleOf(low: number, high: number): Scale {
  if (low >= 0) return { low, high, signed: false };
  const most = Math.max(-low, high);
  return { low: -most, high: most, signed: true };
}

export function colorOf(x: number, { low, high, signed }: Scale): Color {
  if (!Number.isFinite(x)) return NOT_FINITE;
  const anchors = signed ? BLUE_ORANGE : CIVIDIS;
  const at = (high > low ? (x / 2 - low / 2) / (high / 2 - low / 2) : signed ? 0.5 : 0) * (anchors.length - 1);
  const k = Math.min(Math.max(Math.floor(at), 0), anchors.length - 2);
  const [a, b] = [anchors[k]!, anchors[k + 1]!];
  const mixed = (n: 0 | 1 | 2): number => Math.round(a[n] + (at - k) * (b[n] - a[n]));
  return [mixed(0), mixed(1), mixed(2)];
}

export function css([red, green, blue]: Color): string {
  return `rgb(${red},${green},${blue})`;
}

/** Black or white, whichever is read better on a color: by the luminance of WCAG 2. */
export function inkOn(color: Color): string {
  const [red, green, blue] = color.map((part) => {
    const x = part / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  }) as unknown as Color;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

/** The colors from low to high, as a background. */
export function gradient(scale: Scale): string {
  const anchors = scale.signed ? BLUE_ORANGE : CIVIDIS;
  return `linear-gradient(90deg,${anchors.map(css).join(",")})`;
}

function parsed(words: string): Color[] {
  return words.split(" ").map((word) => [0, 2, 4].map((k) => parseInt(word.slice(k, k + 2), 16)) as unknown as Color);
}
