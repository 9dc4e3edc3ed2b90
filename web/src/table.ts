// The table beside the picture: a row for each variable of the whole graph, whatever is open. Only the rows in sight are
// elements, so that ten thousand cost no more than a hundred.

import { goToVariable, pin } from "./choosing";
import { choice, element } from "./elements";
import { several } from "./numbers";
import type { Page } from "./page";
import { COLUMNS, type Row, SORTED_BY_SIZE, rowsOf } from "./rows";
import { selected } from "./store";

const HEIGHT = 26;
const BEYOND = 10; // rows above and below those in sight
const WORST_FIRST = ["gradient", "value", "gain", "health"];

export function installTable(page: Page): void {
  const { commands, slots, store } = page;
  const mark = choice(
    slots.tabs,
    "picture or table",
    [
      ["graph", "Graph", "the picture (r)"],
      ["table", "Table", "a row for each variable (r)"],
    ] as const,
    (tab) => store.update({ tab }),
  );
  commands.add("look", ["r"], "a table with a row for each variable, or the picture", () =>
    store.update({ tab: store.state.tab === "table" ? "graph" : "table" }),
  );
  let table: Table | null = null;
  const apply = (): void => {
    const { tab } = store.state;
    mark(tab);
    document.documentElement.dataset["tab"] = tab;
    if (tab === "table") (table ??= new Table(page)).draw();
  };
  store.subscribe(apply);
  apply();
}

class Table {
  private readonly all: Row[];
  private rows: Row[];
  private readonly columns: string[];
  /** At first, in the order of the terminal's table. */
  private sorting: { column: string; falling: boolean } = { column: "", falling: false };
  private focused = -1;
  private readonly filter = element("input", { type: "search", placeholder: "filter", "aria-label": "filter the rows" });
  private readonly count = element("span", { class: "muted", role: "status" });
  private readonly body = element("tbody");
  private readonly heads: HTMLTableCellElement[];
  private readonly table: HTMLTableElement;
  private readonly scroller: HTMLElement;

  constructor(private readonly page: Page) {
    this.rows = this.all = rowsOf(page.graph);
    this.columns = COLUMNS.filter((column) => this.all.some(({ cells }) => cells[column]));
    this.heads = this.columns.map((column) => {
      const sort = element("button", { type: "button", title: `sort by ${column}` }, column);
      sort.addEventListener("click", () => this.sort(column));
      return element("th", { scope: "col", class: SORTED_BY_SIZE.includes(column) && "size" }, sort);
    });
    this.table = element(
      "table",
      { role: "grid", "aria-label": "variables", "aria-rowcount": this.all.length + 1 },
      element("thead", {}, element("tr", { "aria-rowindex": 1 }, ...this.heads)),
      this.body,
    );
    this.scroller = element("div", { class: "rows" }, this.table);
    page.slots.table.replaceChildren(element("div", { class: "filter" }, this.filter, this.count), this.scroller);
    this.filter.addEventListener("input", () => this.select());
    this.scroller.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    this.body.addEventListener("click", (event) => this.choose(event.target as Element));
    this.body.addEventListener("dblclick", (event) => this.choose(event.target as Element, true));
    this.body.addEventListener("keydown", (event) => this.press(event));
    this.select();
  }

  /** The rows that hold the text of the filter, sorted. */
  private select(): void {
    const wanted = this.filter.value.trim().toLowerCase();
    const { column, falling } = this.sorting;
    this.rows = wanted
      ? this.all.filter(({ path, cells }) => [path, ...Object.values(cells)].some((each) => each.toLowerCase().includes(wanted)))
      : [...this.all];
    const sign = falling ? -1 : 1;
    const sized = this.all.some(({ sizes }) => sizes[column] !== undefined);
    if (column) this.rows.sort((a, b) => {
      if (!sized) return sign * (a.cells[column] ?? "").localeCompare(b.cells[column] ?? "");
      const [x, y] = [a.sizes[column], b.sizes[column]];
      if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
      return x === y ? 0 : sign * (x < y ? -1 : 1);
    });
    this.heads.forEach((head, k) => {
      if (this.columns[k] === column) head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.table.setAttribute("aria-rowcount", String(this.rows.length + 1));
    this.count.textContent = wanted ? `${this.rows.length} of ${several(this.all.length, "row")}` : several(this.all.length, "row");
    this.focused = -1;
    this.scroller.scrollTop = 0;
    this.draw();
  }

  private sort(column: string): void {
    const again = this.sorting.column === column;
    this.sorting = { column, falling: again ? !this.sorting.falling : WORST_FIRST.includes(column) };
    this.select();
  }

  /** The rows in sight become elements. */
  draw(): void {
    const { scroller, rows, body, columns } = this;
    const count = Math.ceil(scroller.clientHeight / HEIGHT);
    const first = Math.max(0, Math.floor(scroller.scrollTop / HEIGHT) - BEYOND);
    const last = Math.min(rows.length, first + count + 2 * BEYOND);
    const chosen = selected(this.page.store.state);
    const stop = this.focused >= first && this.focused < last ? this.focused : first;
    const hadFocus = body.contains(document.activeElement);
    const space = (height: number): HTMLElement => element("tr", { class: "space", "aria-hidden": "true", style: `height:${height}px` });
    body.replaceChildren(
      space(first * HEIGHT),
      ...rows.slice(first, last).map(({ number, path, cells }, k) =>
        element(
          "tr",
          {
            "data-place": first + k,
            "data-number": number,
            "aria-rowindex": first + k + 2,
            "aria-selected": String(number === chosen),
            tabindex: first + k === stop ? 0 : -1,
            title: path,
          },
          ...columns.map((column) =>
            element("td", { class: SORTED_BY_SIZE.includes(column) && "size", "data-column": column }, (this.isKnown(number, column) && cells[column]) || "–"),
          ),
        ),
      ),
      space((rows.length - last) * HEIGHT),
    );
    if (hadFocus) this.element(this.focused)?.focus({ preventScroll: true });
  }

  /** Whether the steps have computed what stands in a column. */
  private isKnown(number: number, column: string): boolean {
    const { graph, known, store } = this.page;
    if (store.state.step === null) return true;
    if (column === "value" || column === "histogram") return known.value(number);
    if (column === "gradient") return known.gradient(number);
    if (column === "gain") return known.gradient(number) && graph.nodes[number]!.inputs.every((each) => known.gradient(each));
    return true;
  }

  private element(place: number): HTMLElement | null {
    return this.body.querySelector<HTMLElement>(`[data-place="${place}"]`);
  }

  private choose(target: Element, inGraph = false): void {
    const row = target.closest<HTMLElement>("[data-number]");
    if (!row) return;
    const number = Number(row.dataset["number"]);
    this.focused = Number(row.dataset["place"]);
    if (inGraph) this.show(number);
    else {
      pin(this.page, number);
      this.element(this.focused)?.focus({ preventScroll: true });
    }
  }

  private show(number: number): void {
    this.page.past.remember();
    goToVariable(this.page, number);
  }

  private press(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity }[event.key];
    const place = Number((event.target as HTMLElement).dataset["place"]);
    if (event.key === "Enter") this.show(this.rows[place]!.number);
    else if (event.key === " ") pin(this.page, this.rows[place]!.number);
    else if (step !== undefined) this.goTo(Math.min(this.rows.length - 1, Math.max(0, place + step)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private goTo(place: number): void {
    const { scroller } = this;
    this.focused = place;
    const head = this.table.tHead!.offsetHeight;
    const top = place * HEIGHT;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    if (top + HEIGHT + head > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + HEIGHT + head - scroller.clientHeight;
    this.draw();
    this.element(place)?.focus({ preventScroll: true });
  }
}
