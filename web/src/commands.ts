// All that can be done by a key, with the words that the help shows. A module that can do something says so here.

export interface Command {
  /** As in KeyboardEvent.key. */
  keys: string[];
  words: string;
  group: "look" | "walk" | "step" | "graph" | "page";
  /** False where it has nothing to do: then another command of the same key may. */
  run: () => void | false;
}

export class Commands {
  readonly all: Command[] = [];

  add(group: Command["group"], keys: string[], words: string, run: Command["run"]): void {
    this.all.push({ group, keys, words, run });
  }

  /** Whether there was something to do. */
  press(key: string): boolean {
    return this.all.some(({ keys, run }) => keys.includes(key) && run() !== false);
  }
}

const OF_CONTROLS = ["Enter", " "];

/** Keys go to their commands, except where text is written, and but for those that a control has of its own. */
export function listenToKeys(commands: Commands): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return;
    if (OF_CONTROLS.includes(event.key) && isControl(event.target)) return;
    if (commands.press(event.key)) event.preventDefault();
  });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("button, a, summary") !== null;
}
