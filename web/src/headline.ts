// The line above all: what the graph is, what came out, whether both ways went well.

import { button, element } from "./elements";
import { mark } from "./flags";
import { numberText, several } from "./numbers";
import type { Page } from "./page";

export function installHeadline(page: Page): void {
  const { graph, commands } = page;
  const { summary } = graph;
  const line = element("div", { class: "headline" }, element("h1", {}, graph.name));
  const tell = (text: string, kind = ""): void => void line.append(element("span", { class: kind }, text));
  tell(several(summary.operations, "operation"));
  if (summary.parameters) tell(several(summary.parameters, "parameter"));
  if (typeof summary.result === "number" || typeof summary.result === "string") {
    tell(`${graph.nodes[graph.outputs[0]!]!.role} ${numberText(summary.result)}`);
  }
  if (summary.forward) tell(`forward ${summary.forward}`, way(summary.forward));
  if (summary.backward) tell(`backward ${summary.backward}`, way(summary.backward));
  for (const [severity, what] of [
    ["error", "error"],
    ["warning", "warning"],
    ["note", "note"],
  ] as const) {
    const count = summary[`${severity}s`];
    if (!count) continue;
    const walk = button("", "show them one after another ( ] and [ )", () => void commands.press("]"), { class: `count ${severity}` });
    walk.append(mark(severity), ` ${several(count, what)}`);
    line.append(walk);
  }
  if (summary.forward && !summary.errors && !summary.warnings) tell("no warning", "ok");
  page.slots.search.parentElement!.prepend(line);
}

function way(went: string): string {
  return went === "ok" ? "ok" : went === "not finite" || went === "failed" ? "bad" : "muted";
}
