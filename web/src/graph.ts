// The page of a graph. Python has written the picture, a table and the data; from here on they answer.

import { Canvas, listenToPointer } from "./canvas";
import { installCards } from "./card";
import { installChoosing } from "./choosing";
import { Commands, listenToKeys } from "./commands";
import { element } from "./elements";
import { load } from "./load";
import { installLooks } from "./looks";
import type { Page } from "./page";
import { installPanel } from "./panel";
import { Store } from "./store";

const FEATURES: ((page: Page) => void)[] = [installLooks, installChoosing, installPanel, installCards];

async function start(): Promise<void> {
  const { graph, constants, options } = await load();
  const store = new Store({
    opened: new Set(options.opened),
    style: options.style,
    show: options.show,
    theme: options.theme,
    tab: "graph",
    graphs: "forward",
    pinned: [],
    comparing: false,
    edge: null,
    step: null,
    teaching: "pull",
  });
  const slot = (name: string): HTMLElement => document.querySelector<HTMLElement>(`[data-slot="${name}"]`)!;
  const bar = slot("bar");
  const part = (name: string): HTMLElement => bar.appendChild(element("span", { class: name }));
  const speech = document.body.appendChild(element("div", { class: "speech", role: "status", "aria-live": "polite" }));
  const canvas = new Canvas(slot("stage"), graph, constants, store.state);
  const page: Page = {
    graph,
    constants,
    options,
    store,
    commands: new Commands(),
    canvas,
    slots: {
      show: part("show"),
      graphs: part("graphs"),
      search: part("search"),
      tools: part("tools"),
      panel: slot("panel"),
      drawer: slot("drawer"),
      table: slot("table"),
    },
    announce: (text) => {
      speech.textContent = text;
    },
  };
  document.documentElement.classList.add("alive");
  canvas.fit();
  for (const install of FEATURES) install(page);
  listenToPointer(canvas);
  listenToKeys(page.commands);
  Object.assign(window, { chainrule: page });
  document.documentElement.dataset["ready"] = "true";
}

void start();
