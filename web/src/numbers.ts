// Numbers and names in few letters, as `chainrule.view.words` writes them.

import type { Num } from "./document";

/** Three digits, short. */
export function numberText(x: Num | null | undefined): string {
  if (x === null || x === undefined) return "–";
  if (typeof x === "string") return x;
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const size = Math.abs(x);
  if (x === 0) return "0";
  if (size < 1e-3 || size >= 1e5) return x.toExponential(1).replace("e+", "e");
  const text = x.toPrecision(3);
  const [digits, exponent] = text.split("e") as [string, string?];
  const stripped = digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;
  return exponent ? `${stripped}e${exponent.replace("+", "")}` : stripped;
}

/** Six digits, which is what the page promises of its data. */
export function sixDigits(x: Num | null | undefined): string {
  if (x === null || x === undefined) return "–";
  if (typeof x === "string") return x;
  if (Number.isInteger(x) && Math.abs(x) < 1e15) return String(x);
  const size = Math.abs(x);
  return size >= 1e-4 && size < 1e6 ? String(Number(x.toPrecision(7))) : x.toExponential(6).replace("e+", "e");
}

/** `(64,32)`; nothing for a scalar. */
export function shapeText(shape: number[]): string {
  return shape.length ? `(${shape.join(",")})` : "";
}

/** At most so many letters, the middle left out. */
export function shortened(text: string, most: number): string {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const tail = Math.trunc((most - 1) / 2);
  return [...letters.slice(0, most - 1 - tail), "…", ...letters.slice(letters.length - tail)].join("");
}

/** `4,194,304` */
export function counted(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 unit`, `2,048 units` */
export function several(count: number, unit: string): string {
  return `${counted(count)} ${unit}${count === 1 ? "" : "s"}`;
}
