// The search: a field with a list of what was found. Enter goes there and opens only the groups that it must; Esc brings
// back the view as it was.

import { goToGroup, goToVariable } from "./choosing";
import { element } from "./elements";
import { type Found, Index } from "./finding";
import { several } from "./numbers";
import type { Page } from "./page";

const MOST = 40;

export function installSearch(page: Page): void {
  const search = new Search(page);
  page.commands.add("page", ["/"], "search: names, operations, shapes, lines, groups", () => search.begin());
}

class Search {
  private index: Index | null = null;
  private found: Found[] = [];
  private at = 0;
  private readonly list = element("ul", { id: "found", role: "listbox", "aria-label": "found", hidden: true });
  private readonly field = element("input", {
    type: "search",
    placeholder: "search  /",
    role: "combobox",
    "aria-label": "search the graph",
    "aria-autocomplete": "list",
    "aria-controls": "found",
    "aria-expanded": "false",
    autocomplete: "off",
    spellcheck: "false",
  });

  constructor(private readonly page: Page) {
    const { field, list } = this;
    page.slots.search.append(field, list);
    field.addEventListener("input", () => this.look());
    field.addEventListener("focus", () => this.look());
    field.addEventListener("blur", () => this.close());
    field.addEventListener("keydown", (event) => {
      const act = {
        ArrowDown: () => this.mark(this.at + 1),
        ArrowUp: () => this.mark(this.at - 1),
        Enter: () => this.choose(),
        Escape: () => this.leave(),
      }[event.key];
      if (!act) return;
      act();
      event.preventDefault();
    });
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (!option) return;
      this.at = Number(option.dataset["place"]);
      this.choose();
    });
  }

  begin(): void {
    this.field.focus();
    this.field.select();
  }

  private look(): void {
    const { field, list, page } = this;
    this.index ??= new Index(page.graph);
    const { found, count } = this.index.search(field.value, MOST);
    this.found = found;
    const rows = found.map((each, place) =>
      element(
        "li",
        { id: `found-${place}`, role: "option", "data-place": place },
        element("b", {}, each.name),
        " ",
        element("span", {}, each.about),
      ),
    );
    const more = count > found.length && element("li", { class: "more", role: "presentation" }, `and ${several(count - found.length, "other")}`);
    const nothing = field.value.trim() && !count && element("li", { class: "more", role: "presentation" }, "nothing found");
    list.replaceChildren(...[...rows, more, nothing].filter((each) => each instanceof Node));
    list.hidden = !list.childNodes.length;
    field.setAttribute("aria-expanded", String(found.length > 0));
    if (field.value.trim()) page.announce(count ? `${count} found` : "nothing found");
    this.mark(0);
  }

  private mark(place: number): void {
    const { field, list, found } = this;
    this.at = found.length ? (place + found.length) % found.length : 0;
    for (const option of list.querySelectorAll("[role=option]")) {
      const chosen = option.id === `found-${this.at}`;
      option.setAttribute("aria-selected", String(chosen));
      if (chosen) option.scrollIntoView({ block: "nearest" });
    }
    if (found.length) field.setAttribute("aria-activedescendant", `found-${this.at}`);
    else field.removeAttribute("aria-activedescendant");
  }

  private choose(): void {
    const { page, found, at } = this;
    const each = found[at];
    if (!each) return;
    page.past.remember();
    this.close();
    this.field.blur();
    (each.kind === "group" ? goToGroup : goToVariable)(page, each.number);
  }

  private leave(): void {
    this.field.value = "";
    this.close();
    this.field.blur();
  }

  private close(): void {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
  }
}
