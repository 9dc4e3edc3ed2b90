// The choices of how the graph is drawn: what stands in the boxes, the lecture's style, colors, size; and saving it.

import type { Show } from "./document";
import { button, choice, element } from "./elements";
import type { Page } from "./page";
import type { Theme } from "./store";

const THEMES: Theme[] = ["auto", "light", "dark"];
const LAYERS: [show: Show, key: string, word: string, words: string][] = [
  ["value", "v", "Value", "values in the boxes"],
  ["gradient", "g", "Gradient", "gradients in the boxes"],
  ["jacobian", "j", "Jacobian", "local Jacobians and gains at the edges"],
  ["health", "h", "Health", "what is wrong with the numbers"],
  ["memory", "m", "Memory", "what is kept for the way back"],
];

export function installLooks(page: Page): void {
  const { store, slots, commands, canvas, graph } = page;
  const layers = graph.summary.forward === undefined ? LAYERS.slice(0, 2) : LAYERS;
  const markShow = choice(
    slots.show,
    "what the picture shows",
    layers.map(([show, key, word, words]) => [show, word, `${words} (${key})`] as const),
    (show) => store.update({ show }),
  );
  for (const [show, key, , words] of layers) commands.add("look", [key], words, () => store.update({ show }));
  if (graph.nodes[0]?.drawn.boxes.lecture) {
    const turn = (): void => store.update({ style: store.state.style === "lecture" ? "compact" : "lecture" });
    slots.show.append(button("Lecture", "variables as nodes, operations on the edges (l)", turn, { class: "lecture" }));
    commands.add("look", ["l"], "the lecture's drawing, or the compact one", turn);
  }

  const nextTheme = (): void => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const order: Theme[] = dark ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    store.update({ theme: order[(order.indexOf(store.state.theme) + 1) % THEMES.length]! });
  };
  const theme = button("◐", "colors: the reader's, dark, light (t)", nextTheme, { class: "theme" });
  const buttons = [
    button("−", "smaller (-)", () => canvas.zoom(0.8), { "aria-label": "smaller" }),
    button("Fit", "as large as fits (0)", () => canvas.fit()),
    button("+", "larger (+)", () => canvas.zoom(1.25), { "aria-label": "larger" }),
  ];
  slots.tools.append(element("span", { class: "choice sizes", role: "group", "aria-label": "size" }, ...buttons));
  slots.tools.append(theme, button("Save", "this picture as a file of SVG", () => save(page), { class: "save" }));
  if (window !== window.parent && document.fullscreenEnabled) {
    const wholeScreen = (): void => void document.documentElement.requestFullscreen();
    slots.tools.append(button("Full", "on the whole screen", wholeScreen, { class: "full" }));
  }
  commands.add("page", ["t"], "colors", nextTheme);
  commands.add("look", ["0"], "fit", () => canvas.fit());
  commands.add("look", ["+", "="], "larger", () => canvas.zoom(1.25));
  commands.add("look", ["-"], "smaller", () => canvas.zoom(0.8));

  const apply = (): void => {
    const { state } = store;
    markShow(state.show);
    document.documentElement.dataset["theme"] = state.theme;
    slots.show.querySelector(".lecture")?.setAttribute("aria-pressed", String(state.style === "lecture"));
    theme.setAttribute("aria-label", `colors: ${state.theme}`);
    canvas.draw(state);
  };
  store.subscribe(apply);
  apply();
}

function save({ canvas, graph }: Page): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([canvas.text()], { type: "image/svg+xml" }));
  link.download = `${graph.name.replace(/[^\p{L}\p{N}._-]+/gu, "_") || "graph"}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
