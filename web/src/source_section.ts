// Where in the user's program a variable was made: the lines of code with the call underlined.

import { dash } from "./array_section";
import type { GraphDocument, GraphNode, Source } from "./document";
import { element, type Child } from "./elements";

export function sourceSection({ sources }: GraphDocument, node: GraphNode): Child[] {
  if (node.source === null) {
    if (node.operation === null) return [dash(node.role === "constant" ? "a constant" : "given, not computed")];
    return [dash("no line of yours is known")];
  }
  const source = sources[node.source]!;
  const place = element("p", { class: "place" }, element("strong", {}, `${source.file}:${source.line}`), ` in ${source.function}`);
  return [place, source.code.length > 0 && code(source)];
}

function code({ code, first, line, columns: [start, end] }: Source): HTMLElement {
  const indent = Math.min(...code.filter((each) => each.trim()).map((each) => each.length - each.trimStart().length));
  const lines = code.map((text, k) => {
    const called = first + k === line;
    const content = called
      ? [text.slice(indent, start), element("u", {}, text.slice(Math.max(start, indent), end)), text.slice(Math.max(end, indent))]
      : [text.slice(indent)];
    return element("li", { value: first + k, "aria-current": called && "true" }, element("code", {}, ...content));
  });
  return element("ol", { class: "code scrolls", tabindex: 0, "aria-label": "source" }, ...lines);
}
