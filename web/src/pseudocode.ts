// The lecture's algorithms as they are printed, with the line of the current step marked.

import { type Child, element } from "./elements";
import type { Step } from "./stepping";
import type { Teaching } from "./store";

type Mark = "given" | "compute" | "seed" | "pull" | "push";

/** Lines, each with the kind of step that it makes; "^(i)" is raised, "_i" lowered. */
interface Algorithm {
  title: string;
  lines: readonly (readonly [text: string, mark?: Mark])[];
}

const FORWARD: Algorithm = {
  title: "Algorithm 6.1: forward propagation",
  lines: [
    ["for i = 1, …, n_i do"],
    ["  u^(i) ← x_i", "given"],
    ["for i = n_i + 1, …, n do"],
    ["  A^(i) ← { u^(j) | j ∈ Pa(u^(i)) }", "compute"],
    ["  u^(i) ← f^(i)(A^(i))", "compute"],
    ["return u^(n)"],
  ],
};

const BACKWARD: Record<Teaching, Algorithm> = {
  pull: {
    title: "Algorithm 6.2: back-propagation, each variable pulls",
    lines: [
      ["grad_table[u^(n)] ← 1", "seed"],
      ["for j = n − 1 down to 1 do"],
      ["  grad_table[u^(j)] ← Σ_i grad_table[u^(i)] ∂u^(i)/∂u^(j)", "pull"],
      ["      over all i with j ∈ Pa(u^(i))", "pull"],
      ["return grad_table"],
    ],
  },
  push: {
    title: "Algorithm 6.2: back-propagation, each operation pushes",
    lines: [
      ["grad_table[u^(n)] ← 1", "seed"],
      ["for i = n down to n_i + 1 do"],
      ["  for each j ∈ Pa(u^(i)) do"],
      ["    grad_table[u^(j)] ← grad_table[u^(j)]", "push"],
      ["        + grad_table[u^(i)] ∂u^(i)/∂u^(j)", "push"],
      ["return grad_table"],
    ],
  },
};

export class PseudoCode {
  private shown: Algorithm | null = null;

  constructor(private readonly slot: HTMLElement) {}

  show(step: Step | null, isLeaf: boolean, teaching: Teaching): void {
    const algorithm = step === null || step.kind === "value" ? FORWARD : BACKWARD[teaching];
    if (algorithm !== this.shown) {
      this.shown = algorithm;
      const lines = algorithm.lines.map(([text]) => element("li", {}, ...raised(text)));
      this.slot.replaceChildren(element("h3", {}, algorithm.title), element("ol", {}, ...lines));
    }
    const mark = markOf(step, isLeaf, teaching);
    this.slot.querySelectorAll("li").forEach((line, k) => {
      const current = mark !== null && algorithm.lines[k]![1] === mark;
      if (current) line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
    });
  }
}

function markOf(step: Step | null, isLeaf: boolean, teaching: Teaching): Mark | null {
  if (step === null) return null;
  if (step.kind === "value") return isLeaf ? "given" : "compute";
  return step.kind === "term" && step.term === "seed" ? "seed" : teaching;
}

function raised(text: string): Child[] {
  return text.split(/(\^\(\w\)|_\w(?= |$))/).map((part) => {
    if (part.startsWith("^")) return element("sup", {}, part.slice(1));
    return part.startsWith("_") ? element("sub", {}, part.slice(1)) : part;
  });
}
