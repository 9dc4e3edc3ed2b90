// What every module of the page is given.

import type { Canvas } from "./canvas";
import type { Commands } from "./commands";
import type { Constants, GraphDocument, PageOptions } from "./document";
import type { Known } from "./known";
import type { Past } from "./past";
import type { Store } from "./store";

/** Places in the page that modules fill. */
export interface Slots {
  /** Buttons in the bar at the top, a span for each kind. */
  tabs: HTMLElement;
  show: HTMLElement;
  graphs: HTMLElement;
  search: HTMLElement;
  tools: HTMLElement;
  /** Side panel, and the drawer below with the steps. */
  panel: HTMLElement;
  drawer: HTMLElement;
  /** The tab with the table. */
  table: HTMLElement;
}

export interface Page {
  graph: GraphDocument;
  constants: Constants;
  options: PageOptions;
  store: Store;
  commands: Commands;
  canvas: Canvas;
  /** What may be told while steps are made. */
  known: Known;
  /** Where to go back to. */
  past: Past;
  slots: Slots;
  /** Say it to whoever listens instead of looking. */
  announce: (text: string) => void;
  /** Say it to everybody, for a while. */
  notice: (text: string) => void;
}
