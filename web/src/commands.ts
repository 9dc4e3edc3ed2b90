// All that can be done by a key, with the words that the help shows. A module that can do something says so here.

export interface Command {
  /** As in KeyboardEvent.key. */
  keys: string[];
  words: string;
  group: "look" | "walk" | "step" | "graph" | "page";
  run: () => void;
}

export class Commands {
  readonly all: Command[] = [];

  add(group: Command["group"], keys: string[], words: string, run: () => void): void {
    this.all.push({ group, keys, words, run });
  }

  /** Whether there was something to do. */
  press(key: string): boolean {
    const command = this.all.find(({ keys }) => keys.includes(key));
    command?.run();
    return command !== undefined;
  }
}

/** Keys go to their commands, except where text is written. */
export function listenToKeys(commands: Commands): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return;
    if (commands.press(event.key)) event.preventDefault();
  });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}
