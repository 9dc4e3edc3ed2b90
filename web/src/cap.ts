// How many boxes a picture may have: groups beyond stay closed.

import type { GraphDocument } from "./document";

export const MOST_BOXES = 400;

/** The boxes of a level that are seen from it, in the order of the trace. */
export function boxesOf(graph: GraphDocument, group: number): { kind: string; number: number }[] {
  return graph.levels[group]!.items.filter(({ kind }) => kind === "node" || kind === "group");
}

/** How many boxes are seen while these groups are open. */
export function boxesShown(graph: GraphDocument, opened: ReadonlySet<number>): number {
  let count = 0;
  const waiting = [0];
  for (const group of waiting) {
    for (const { kind, number } of boxesOf(graph, group)) {
      if (kind === "group" && opened.has(number)) waiting.push(number);
      else count++;
    }
  }
  return count;
}

export function isTooMuch(graph: GraphDocument, opened: ReadonlySet<number>): boolean {
  return boxesShown(graph, opened) > MOST_BOXES;
}

/** Whether a group has more boxes than any picture may. */
export function neverOpens(graph: GraphDocument, group: number): boolean {
  return boxesOf(graph, group).length > MOST_BOXES;
}

/** The groups around a group, from the inside out, without the whole. */
export function groupsAround(graph: GraphDocument, group: number): number[] {
  const found: number[] = [];
  for (let each = group; each > 0; each = graph.groups[each]!.parent ?? 0) found.push(each);
  return found;
}

/** All that opens within the cap, from outside inwards. */
export function openAll(graph: GraphDocument): Set<number> {
  const opened = new Set([0]);
  let count = boxesOf(graph, 0).length;
  for (const group of opened) {
    for (const { kind, number } of boxesOf(graph, group)) {
      const more = kind === "group" ? boxesOf(graph, number).length - 1 : 0;
      if (kind !== "group" || count + more > MOST_BOXES) continue;
      count += more;
      opened.add(number);
    }
  }
  return opened;
}

/** What is open once these groups are: all that was, unless it is too much together; then these alone. */
export function openedWith(graph: GraphDocument, opened: ReadonlySet<number>, groups: number[]): Set<number> | null {
  const all = new Set([...opened, ...groups]);
  if (!isTooMuch(graph, all)) return all;
  const alone = new Set([0, ...groups]);
  return isTooMuch(graph, alone) ? null : alone;
}
