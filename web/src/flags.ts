// What is wrong with the numbers: a list of it, and a walk from one to the next, the worst first.

import { goToVariable } from "./choosing";
import type { Finding, GraphDocument, Severity } from "./document";
import { button, element } from "./elements";
import type { Page } from "./page";

type Flag = Pick<Finding, "kind" | "severity" | "message" | "node" | "file" | "line" | "cure">;

const ORDER: Severity[] = ["error", "warning", "note"];
const ICONS: Record<Severity, string> = { error: "✕", warning: "!", note: "i" };

export function installFlags(page: Page): void {
  const flags = new Flags(page);
  page.commands.add("walk", ["]"], "to the next flag, the worst first", () => flags.step(1));
  page.commands.add("walk", ["["], "to the flag before", () => flags.step(-1));
}

class Flags {
  private readonly all: Flag[];
  private at = -1;
  private readonly box = element("section", { class: "flags", "aria-label": "what is wrong", hidden: true });
  private readonly rows: HTMLButtonElement[];

  constructor(private readonly page: Page) {
    const { graph } = page;
    const flags: Flag[] = [...failures(graph), ...graph.findings];
    this.all = flags.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
    this.rows = this.all.map((finding, place) => {
      const line = finding.line === null ? "" : ` ${finding.file}:${finding.line}`;
      const row = button("", "show it in the graph", () => this.goTo(place));
      row.append(
        mark(finding.severity),
        element("b", {}, finding.kind),
        element("span", {}, ` ${finding.message}`),
        element("span", { class: "where" }, line),
        element("span", { class: "cure" }, finding.cure === null ? "" : `try ${finding.cure}`),
      );
      return row;
    });
    const close = button("×", "close the list (Esc)", () => this.close(), { "aria-label": "close the list" });
    const list = element("ol", {}, ...this.rows.map((row) => element("li", {}, row)));
    this.box.append(element("header", {}, element("b", {}, "What is wrong"), close), list);
    page.canvas.stage.parentElement!.append(this.box);
    page.commands.add("page", ["Escape"], "", () => this.close());
  }

  open(): void {
    this.box.hidden = false;
  }

  close(): false | void {
    if (this.box.hidden) return false;
    this.box.hidden = true;
  }

  step(by: 1 | -1): void {
    if (!this.all.length) {
      const isKnown = this.page.graph.summary.forward !== undefined;
      this.page.notice(isKnown ? "no flags: nothing was found wrong" : "without values nothing can be found wrong");
      return;
    }
    this.open();
    const first = by > 0 ? 0 : this.all.length - 1;
    this.goTo(this.at < 0 ? first : (this.at + by + this.all.length) % this.all.length);
  }

  private goTo(place: number): void {
    const finding = this.all[place]!;
    if (this.at < 0) this.page.past.remember();
    this.at = place;
    this.rows.forEach((row, each) => row.setAttribute("aria-current", String(each === place)));
    this.rows[place]!.scrollIntoView({ block: "nearest" });
    if (finding.node !== null) goToVariable(this.page, finding.node);
    this.page.announce(`${place + 1} of ${this.all.length}, ${finding.severity}: ${finding.message}`);
  }
}

/** Operations that could not be done, in the graph of a trace that failed. */
function failures({ nodes, sources }: GraphDocument): Flag[] {
  return nodes.flatMap(({ id, health, source }) => {
    if (health?.kind !== "failed") return [];
    const { file = null, line = null } = source === null ? {} : sources[source]!;
    return [{ kind: health.kind, severity: health.severity, message: health.message, node: id, file, line, cure: null }];
  });
}

export function mark(severity: Severity): HTMLElement {
  return element("span", { class: `mark ${severity}`, role: "img", "aria-label": severity }, ICONS[severity]);
}
