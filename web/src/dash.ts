// The page of training runs. Python has written tables, a picture of the losses and the data; here they become plots.

import { element } from "./elements";
import { load, type Run } from "./dash/data";
import { figures } from "./dash/figures";
import { Plot } from "./dash/plot";
import { listenToKeys, reloadTools, themeButton } from "./dash/tools";

function start(): void {
  const runs = load();
  const slot = (name: string): HTMLElement => document.querySelector<HTMLElement>(`[data-slot="${name}"]`)!;
  const tools = slot("tools");
  const epoch = element("output", { class: "epoch", "aria-live": "off" });
  const speech = document.body.appendChild(element("div", { class: "speech", role: "status", "aria-live": "polite" }));
  const announce = (text: string): void => {
    speech.textContent = text;
  };
  let plots: Plot[] = [];
  const tell = (at: number | null): void => {
    epoch.textContent = at === null ? "" : `epoch ${at}`;
  };

  const build = (chosen: number): void => {
    const head = (ofOneRun: boolean): Node[] => (ofOneRun && runs.length > 1 ? [runChoice(runs, chosen, build)] : []);
    plots = figures(runs, chosen).map((figure) => new Plot(figure, tell, announce, head(figure.ofOneRun)));
    slot("curves").replaceChildren(...plots.map(({ node }) => node));
    for (const plot of plots) plot.draw();
  };

  document.documentElement.classList.add("alive");
  tools.append(epoch);
  if (runs.some((run) => run.under_way)) tools.append(reloadTools());
  tools.append(themeButton(() => plots.forEach((plot) => plot.draw())));
  listenToKeys(tools);
  if (runs.some((run) => run.epochs.length)) build(0);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) for (const plot of plots) plot.resize();
    width = innerWidth;
  });
  Object.assign(window, { chainrule: { runs, plots: () => plots } });
  document.documentElement.dataset["ready"] = "true";
}

/** Whose layers are shown. */
function runChoice(runs: Run[], chosen: number, choose: (k: number) => void): HTMLElement {
  const options = runs.map((run, k) => element("option", { value: k, selected: k === chosen }, run.name));
  const select = element("select", { "aria-label": "the run whose layers are shown" }, ...options);
  select.addEventListener("change", () => {
    const place = select.closest<HTMLElement>("[data-plot]")?.dataset["plot"];
    choose(Number(select.value));
    document.querySelector<HTMLElement>(`[data-plot="${place}"] select`)?.focus();
  });
  return select;
}

start();
