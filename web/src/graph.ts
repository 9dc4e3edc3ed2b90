// The page of a graph. Python has written the picture, a table and the data; from here on they answer.

import { installBackward } from "./backward";
import { Canvas, listenToPointer } from "./canvas";
import { installCards } from "./card";
import { installChoosing } from "./choosing";
import { Commands, listenToKeys } from "./commands";
import { element } from "./elements";
import { installFlags } from "./flags";
import { installGhosts } from "./ghosts";
import { installFragment } from "./fragment";
import { installGroups } from "./groups";
import { installHeadline } from "./headline";
import { installHelp } from "./help";
import { KnownSoFar } from "./known";
import { load } from "./load";
import { installLooks } from "./looks";
import { installMinimap } from "./minimap";
import { noticeIn } from "./notice";
import type { Page } from "./page";
import { installPanel } from "./panel";
import { Past, installPast } from "./past";
import { installSearch } from "./search";
import { installSteps } from "./steps";
import { Store } from "./store";
import { installTable } from "./table";
import { installWalking } from "./walk";

const FEATURES: ((page: Page) => void)[] = [
  installLooks,
  installChoosing,
  installPanel,
  installCards,
  installHeadline,
  installSearch,
  installWalking,
  installFlags,
  installGroups,
  installTable,
  installMinimap,
  installBackward,
  installGhosts,
  installHelp,
  installPast,
];

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
  const known = new KnownSoFar(graph, store);
  const page: Page = {
    graph,
    constants,
    options,
    store,
    commands: new Commands(),
    canvas,
    known,
    past: new Past(store, canvas),
    slots: {
      tabs: part("tabs"),
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
    notice: noticeIn(slot("stage"), speech),
  };
  document.documentElement.classList.add("alive");
  for (const install of FEATURES) install(page);
  installSteps(page, known);
  installFragment(page);
  if (!store.state.pinned.length && store.state.step === null) canvas.fit();
  listenToPointer(canvas);
  listenToKeys(page.commands);
  Object.assign(window, { chainrule: page });
  document.documentElement.dataset["ready"] = "true";
}

void start();
