// The graph of the gradients: by itself, or beside the forward graph. What is chosen in one is shown in the other.

import { choice, button } from "./elements";
import type { Page } from "./page";
import { Pane } from "./pane";
import { type Graphs, selected } from "./store";

const CHOICES: [graphs: Graphs, key: string, word: string, words: string][] = [
  ["forward", "f", "Forward", "the graph of the function"],
  ["backward", "b", "Backward", "the graph of its gradients"],
  ["both", "o", "Both", "the gradients as ghosts in the graph of the function"],
  ["beside", "s", "Beside", "the two graphs side by side"],
];

export function installBackward(page: Page): void {
  const { graph, store, slots, commands, canvas } = page;
  const { backward } = graph;
  if (!backward) return;
  const mark = choice(
    slots.graphs,
    "which graph",
    CHOICES.map(([graphs, key, word, words]) => [graphs, word, `${words} (${key})`] as const),
    (graphs) => store.update({ graphs }),
  );
  for (const [graphs, key, , words] of CHOICES) commands.add("look", [key], words, () => store.update({ graphs }));
  const panes = new Map<boolean, Pane>();
  let simplified = false;
  let inSecond = false;

  const pane = (): Pane => {
    const found = panes.get(simplified) ?? new Pane(page, simplified ? backward.simplified : backward, () => activate(true));
    panes.set(simplified, found);
    return found;
  };
  const activate = (second: boolean): void => {
    inSecond = second;
    const { graphs } = store.state;
    const here = graphs === "backward" || (graphs === "beside" && inSecond);
    for (const each of panes.values()) each.showPanel(here && each === panes.get(simplified));
    slots.panel.classList.toggle("away", here);
  };
  const apply = (): void => {
    const { graphs } = store.state;
    const visible = graphs === "backward" || graphs === "beside";
    mark(graphs);
    document.documentElement.dataset["graphs"] = graphs;
    simplify.hidden = !visible;
    simplify.setAttribute("aria-pressed", String(simplified));
    for (const each of panes.values()) each.hide();
    if (visible) pane().show(selected(store.state));
    activate(inSecond);
  };
  const simplify = button("Simplified", "the graph of the gradients before and after it is simplified", () => {
    simplified = !simplified;
    apply();
  });
  slots.graphs.append(simplify);
  for (const kind of ["pointerdown", "focusin"]) canvas.stage.addEventListener(kind, () => activate(false));
  store.subscribe((state, before) => {
    if (state.graphs !== before.graphs) apply();
  });
  apply();
}
