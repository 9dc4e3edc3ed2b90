// How far rules are from differences, where Python was asked to check them.

import type { Check, GraphEdge } from "./document";
import { element } from "./elements";
import { numberText } from "./numbers";

export function checkBadge({ check, argument }: GraphEdge, name: string): HTMLElement | null {
  if (!check) return null;
  return element("p", { class: "check", "data-check": argument }, badge(check), ` ∂/∂${name}: ${words(check)}`);
}

function badge(check: Check): HTMLElement {
  const [kind, text] = "because" in check ? ["none", "–"] : check.passed ? ["passed", "✓ agrees"] : ["failed", "✗ differs"];
  return element("span", { class: `badge ${kind}` }, text);
}

function words(check: Check): string {
  if ("because" in check) return check.because;
  return `${numberText(check.error)} from central differences, ${numberText(check.tolerance)} allowed`;
}
