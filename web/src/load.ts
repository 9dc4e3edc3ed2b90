// Reading what Python has put into the page.

import { opened } from "./unpack";
import type { Constants, GraphDocument, PageOptions } from "./document";

export interface Loaded {
  graph: GraphDocument;
  constants: Constants;
  options: PageOptions;
}

export async function load(): Promise<Loaded> {
  return {
    graph: (await opened(parsed<string>("chainrule-document"))) as GraphDocument,
    constants: parsed<Constants>("chainrule-constants"),
    options: parsed<PageOptions>("chainrule-options"),
  };
}

function parsed<T>(id: string): T {
  return JSON.parse(document.getElementById(id)!.textContent!) as T;
}
