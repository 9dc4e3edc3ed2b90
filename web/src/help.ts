// All that keys do, and the limits that flags go by, over the page until it is closed.

import type { Command } from "./commands";
import { button, element } from "./elements";
import type { Page } from "./page";

const GROUPS: [Command["group"], string][] = [
  ["walk", "Walk"],
  ["graph", "Graph"],
  ["look", "Look"],
  ["step", "Steps"],
  ["page", "Page"],
];
const NAMES: Record<string, string> = {
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowUp: "↑",
  ArrowDown: "↓",
  " ": "Space",
  Escape: "Esc",
  "=": "",
};

export function installHelp(page: Page): void {
  let dialog: HTMLDialogElement | null = null;
  const show = (): void => {
    dialog ??= document.body.appendChild(written(page));
    if (dialog.open) dialog.close();
    else dialog.showModal();
  };
  page.slots.tools.append(button("?", "help: keys and limits (?)", show, { "aria-label": "help", class: "help-button" }));
  page.commands.add("page", ["?"], "this help", show);
}

function written({ commands, constants }: Page): HTMLDialogElement {
  const dialog = element("dialog", { class: "help", "aria-label": "help" });
  const close = button("×", "close (Esc)", () => dialog.close(), { "aria-label": "close the help" });
  dialog.append(element("header", {}, element("h2", {}, "Keys"), close));
  const columns = element("div", { class: "columns" });
  for (const [group, title] of GROUPS) {
    const rows = commands.all
      .filter((command) => command.group === group && command.words)
      .map(({ keys, words }) => [
        element("dt", {}, ...keys.map((key) => NAMES[key] ?? key).filter(Boolean).map((key) => element("kbd", {}, key))),
        element("dd", {}, words),
      ]);
    if (rows.length) columns.append(element("section", {}, element("h3", {}, title), element("dl", {}, ...rows.flat())));
  }
  columns.append(
    element(
      "section",
      {},
      element("h3", {}, "Pointer"),
      element(
        "dl",
        {},
        ...[
          ["click", "pin; open a group, close it by its head"],
          ["Shift click", "compare with what is pinned"],
          ["drag", "move the picture"],
          ["Ctrl wheel", "larger, smaller"],
        ].flatMap(([keys, words]) => [element("dt", {}, element("kbd", {}, keys)), element("dd", {}, words)]),
      ),
    ),
  );
  const limits = element("dl", { class: "limits" });
  for (const [name, words, limit] of constants.thresholds) {
    limits.append(element("dt", {}, name), element("dd", {}, words, " ", element("b", {}, String(limit))));
  }
  dialog.append(columns, element("h3", {}, "Limits of the flags"), limits);
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "?") event.stopPropagation();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}
