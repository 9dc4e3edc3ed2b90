// The grad_table: a row for each variable, from the last to the first, in the order in which it is filled. Of long
// tables only the rows around those in sight are there.

import { type Amount, amountOf, longText } from "./amounts";
import { pin } from "./choosing";
import { element } from "./elements";
import { thumbnail } from "./heat";
import { shapeText } from "./numbers";
import type { Page } from "./page";
import type { Entry, Stepping } from "./stepping";
import { selected } from "./store";

const ROW = 24;
const ROWS = 240;
const COLUMNS = [
  ["place", "#"],
  ["variable", "variable"],
  ["shape", "shape"],
  ["terms", "terms"],
  ["state", "state"],
  ["gradient", "grad_table"],
] as const;

interface Row {
  number: number;
  shape: HTMLTableRowElement;
  cells: HTMLTableCellElement[];
  /** What it shows, so that nothing is written twice. */
  written: string;
}

export class GradTable {
  private readonly body = element("tbody", {});
  private readonly before = element("tr", { "aria-hidden": "true" }, element("td", { colspan: COLUMNS.length }));
  private readonly after = element("tr", { "aria-hidden": "true" }, element("td", { colspan: COLUMNS.length }));
  private rows: Row[] = [];
  private first = -1;
  private state: { stepping: Stepping; step: number } | null = null;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly page: Page,
  ) {
    const head = element("tr", {}, ...COLUMNS.map(([, words]) => element("th", { scope: "col" }, words)));
    const table = element("table", { class: "gradtable", "aria-label": "grad_table", "aria-rowcount": this.count + 1 });
    table.append(element("thead", {}, head), this.body);
    scroller.append(table);
    scroller.addEventListener("scroll", () => this.window(this.inSight()));
    this.body.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-row]");
      if (row) pin(page, Number(row.dataset["row"]), event.shiftKey);
    });
  }

  private get count(): number {
    return this.page.graph.nodes.length;
  }

  show(stepping: Stepping, step: number): void {
    this.state = { stepping, step };
    const current = stepping.at(step);
    const inTable = step > stepping.forward && current !== null ? current.node : null;
    if (inTable === null) this.window(this.inSight());
    else this.reveal(this.placeOf(inTable));
    for (const row of this.rows) this.write(row, inTable);
  }

  private placeOf(number: number): number {
    return this.count - 1 - number;
  }

  private inSight(): number {
    return Math.floor(this.scroller.scrollTop / ROW);
  }

  /** Have the rows around this one, if they are not there. */
  private window(place: number): void {
    const margin = ROWS / 4;
    const fits = this.first >= 0 && (place >= this.first + margin || this.first === 0) && (place < this.first + ROWS - margin || this.first + ROWS >= this.count);
    if (fits) return;
    this.first = Math.max(0, Math.min(place - ROWS / 2, this.count - ROWS));
    const last = Math.min(this.count, this.first + ROWS);
    this.rows = Array.from({ length: last - this.first }, (_, k) => this.row(this.count - 1 - this.first - k));
    this.before.style.height = `${this.first * ROW}px`;
    this.after.style.height = `${(this.count - last) * ROW}px`;
    this.body.replaceChildren(this.before, ...this.rows.map(({ shape }) => shape), this.after);
    const { stepping, step } = this.state!;
    const current = step > stepping.forward ? stepping.at(step)!.node : null;
    for (const row of this.rows) this.write(row, current);
  }

  private reveal(place: number): void {
    this.window(place);
    const { scroller } = this;
    const head = scroller.querySelector("thead")!.clientHeight;
    const top = place * ROW;
    const room = scroller.clientHeight - head;
    if (top < scroller.scrollTop || top + ROW > scroller.scrollTop + room) scroller.scrollTop = top - room / 2;
  }

  private row(number: number): Row {
    const node = this.page.graph.nodes[number]!;
    const cells = COLUMNS.map(([name]) => element("td", { class: name }));
    cells[0]!.textContent = String(number);
    cells[1]!.append(element("button", { type: "button", title: node.label }, node.label));
    cells[2]!.textContent = shapeText(node.shape) || "scalar";
    const shape = element("tr", { "data-row": number, "aria-rowindex": this.placeOf(number) + 2 }, ...cells);
    return { number, shape, cells, written: "" };
  }

  private write(row: Row, current: number | null): void {
    const { graph, store } = this.page;
    const { stepping, step } = this.state!;
    const entry = stepping.entry(row.number, step);
    const chosen = selected(store.state) === row.number;
    const written = [entry.state, entry.have, current === row.number, chosen].join();
    if (written === row.written) return;
    row.written = written;
    const [, , , terms, state, gradient] = row.cells;
    row.shape.dataset["state"] = entry.state;
    row.shape.classList.toggle("chosen", chosen);
    if (current === row.number) row.shape.setAttribute("aria-current", "step");
    else row.shape.removeAttribute("aria-current");
    terms!.textContent = termsText(entry);
    state!.textContent = stateText(entry);
    gradient!.replaceChildren(...gradientCell(amountOf(graph, row.number, entry), entry));
  }
}

export function termsText({ have, terms }: Entry): string {
  return have === 0 ? "–" : `${have} of ${terms.length}`;
}

export function stateText({ state }: Entry): string {
  return { unknown: "–", "no path": "no path to loss", zero: "exactly zero" }[state as string] ?? state;
}

function gradientCell(amount: Amount, { state }: Entry): (Node | string)[] {
  if (state === "no path") return ["structural zero"];
  if (state === "zero") return ["0"];
  return [...(amount.picture ? [thumbnail(amount.picture)] : []), longText(amount)];
}
