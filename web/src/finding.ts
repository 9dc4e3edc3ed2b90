// What a text finds in a graph: names, operations, shapes, lines of the source, titles of groups, also within closed
// groups.

import type { GraphDocument, GraphNode } from "./document";
import { shapeText } from "./numbers";

export interface Found {
  kind: "variable" | "group";
  number: number;
  name: string;
  /** What else is to be told of it. */
  about: string;
  /** Where the text was found, the best first. */
  rank: number;
}

interface Entry {
  found: Omit<Found, "rank">;
  /** In small letters: the name, then all else. */
  name: string;
  others: string[];
  /** The user's line, as it is written. */
  code?: string;
}

const CODE = 11; // the rank of what is found in a line of the source only

export class Index {
  private readonly entries: Entry[];

  constructor(graph: GraphDocument) {
    const variables = graph.nodes.filter(({ group }) => group >= 0).map((node) => variableEntry(graph, node));
    const groups = graph.groups
      .filter(({ id }) => id > 0)
      .map(({ id, title, copies, operations }): Entry => {
        const about = `group${copies > 1 ? ` × ${copies}` : ""}, ${operations} operations`;
        return { found: { kind: "group", number: id, name: title, about }, name: title.toLowerCase(), others: ["group"] };
      });
    this.entries = [...variables, ...groups];
  }

  /** The best ones, and how many there are. */
  search(text: string, most: number): { found: Found[]; count: number } {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return { found: [], count: 0 };
    const found: Found[] = [];
    for (const entry of this.entries) {
      const rank = ranked(entry, wanted);
      const inCode = rank === CODE && entry.code;
      if (rank >= 0) found.push({ ...entry.found, ...(inCode && { about: `${entry.found.about}  ${entry.code}` }), rank });
    }
    found.sort((a, b) => a.rank - b.rank);
    return { found: found.slice(0, most), count: found.length };
  }
}

function variableEntry(graph: GraphDocument, node: GraphNode): Entry {
  const source = node.source === null ? undefined : graph.sources[node.source];
  const line = source ? `${source.file}:${source.line}` : "";
  const code = source?.code[source.line - source.first]?.trim() ?? "";
  const shape = shapeText(node.shape) || "scalar";
  const word = node.operation === null ? node.role : node.word;
  const others = [word, node.name, shape, node.shape.join(" by "), line, node.health?.kind ?? "", code];
  return {
    found: { kind: "variable", number: node.id, name: node.label, about: [word, shape, line].filter(Boolean).join(" · ") },
    name: node.label.toLowerCase(),
    others: others.map((each) => each.toLowerCase()),
    code,
  };
}

/** 0 for the very name, more for less; -1 where the text is not found. */
function ranked({ name, others }: Entry, wanted: string): number {
  if (name === wanted) return 0;
  if (name.endsWith(`.${wanted}`) || name.endsWith(`/${wanted}`)) return 1;
  if (name.startsWith(wanted)) return 2;
  if (name.includes(wanted)) return 3;
  const place = others.findIndex((each) => each.includes(wanted));
  return place < 0 ? -1 : others[place] === wanted ? 4 : 5 + place;
}
