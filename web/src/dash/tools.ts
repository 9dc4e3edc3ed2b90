// Buttons in the bar: colors, and a newer page while a run goes on.

import { button, element } from "../elements";
import { choose, chosen } from "./fragment";

const THEMES = ["auto", "light", "dark"];
const EVERY = 10; // seconds

export function themeButton(changed: () => void): HTMLElement {
  const root = document.documentElement;
  const show = (theme: string): void => {
    root.dataset["theme"] = theme;
    made.setAttribute("aria-label", `colors: ${theme}`);
    changed();
  };
  const next = (): void => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const order = dark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const theme = order[(order.indexOf(root.dataset["theme"] ?? "auto") + 1) % THEMES.length]!;
    choose("theme", theme);
    show(theme);
  };
  const made = button("◐", "colors: the reader's, dark, light (t)", next, { class: "theme" });
  const before = chosen("theme");
  show(before && THEMES.includes(before) ? before : (root.dataset["theme"] ?? "auto"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  addEventListener("beforeprint", () => {
    const theme = root.dataset["theme"]!;
    show("light");
    addEventListener("afterprint", () => show(theme), { once: true });
  });
  return made;
}

/** The page cannot ask whether there is a newer one: the reader can, or it is loaded anew now and then. */
export function reloadTools(): HTMLElement {
  const reload = (): void => location.reload();
  const box = element("input", { type: "checkbox", checked: chosen("every") !== null });
  let timer = 0;
  const apply = (): void => {
    clearInterval(timer);
    choose("every", box.checked ? String(EVERY) : null);
    if (box.checked) timer = setInterval(reload, 1000 * EVERY);
  };
  box.addEventListener("change", apply);
  if (box.checked) apply();
  return element(
    "span",
    { class: "reload" },
    button("Reload", "the page is written anew while training goes on (r)", reload),
    element("label", {}, box, ` every ${EVERY} s`),
  );
}

/** Letters that press a button of the bar. */
export function listenToKeys(tools: HTMLElement): void {
  addEventListener("keydown", (event) => {
    const where = event.target as Element | null;
    if (event.ctrlKey || event.metaKey || event.altKey || where?.matches("input, select, textarea")) return;
    const pressed = { t: ".theme", r: ".reload button" }[event.key];
    if (pressed) tools.querySelector<HTMLElement>(pressed)?.click();
  });
}
