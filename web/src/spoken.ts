// What is in the picture, in words for whoever listens: "tanh h1, shape 64 by 32, gradient rms 3.1e-3, 1 input, 2
// consumers".

import type { GraphDocument, GraphNode, Group } from "./document";
import { numberText, several } from "./numbers";

/** While steps are made: whether the value is known, and what is said of the gradient where that is not. */
export interface Known {
  value: boolean;
  gradient: string | null;
}

export function spokenNode(node: GraphNode, known: Known = { value: true, gradient: null }): string {
  const word = node.operation === null ? node.role : node.word;
  const parts = [`${word} ${node.label}`, node.shape.length ? `shape ${node.shape.join(" by ")}` : "scalar"];
  if (node.role === "loss" || node.role === "output") parts.push(node.role);
  if (!known.value) parts.push("not computed yet");
  else if (node.value) parts.push(numberOf("value", node.value.statistics.rms, node));
  if (known.gradient !== null) {
    if (known.value && node.gradient) parts.push(`gradient ${known.gradient}`);
  } else if (node.gradient) {
    parts.push("no_path" in node.gradient ? "no path to the result" : numberOf("gradient", node.gradient.statistics.rms, node));
  }
  if (node.inputs.length) parts.push(several(node.inputs.length, "input"));
  parts.push(node.consumers.length ? several(node.consumers.length, "consumer") : "no consumer");
  if (node.health && known.value && known.gradient === null) parts.push([`${node.health.severity}: ${node.health.kind}`, node.health.brief, node.health.reach].filter(Boolean).join(" "));
  return parts.join(", ");
}

function numberOf(what: string, rms: GraphNumber, node: GraphNode): string {
  return `${what} ${node.shape.some((length) => length !== 1) ? "rms " : "size "}${numberText(rms)}`;
}

type GraphNumber = Parameters<typeof numberText>[0];

export function spokenGroup(group: Group, isOpen: boolean, full: boolean): string {
  const parts = [`group ${group.title}`];
  if (group.copies > 1) parts.push(`${group.copies} copies`);
  if (group.operations) parts.push(several(group.operations, "operation"));
  if (group.parameters) parts.push(several(group.parameters, "parameter"));
  if (group.drawn.flag) parts.push(`worst inside: ${group.drawn.flag[0].slice(2)}`);
  if (full) parts.push("too many boxes to open");
  else parts.push(isOpen ? "open" : "closed");
  return parts.join(", ");
}

export function spokenGraph(graph: GraphDocument): string {
  return `${graph.caption.name}: ${graph.caption.described}`;
}
