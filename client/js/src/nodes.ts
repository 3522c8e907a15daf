// The nodes of a client by their paths, with the patterns that stand for several.

import type { Calls } from "./calls.js";
import { checkName } from "./names.js";
import { Node } from "./node.js";

export class Nodes {
  readonly #all = new Map<string, Node<any>>();
  #patterns: Node<any>[] = []; // of these

  constructor(private readonly rootPath: string) {}

  has(node: Node<any>): boolean {
    return this.#all.get(node.path) === node;
  }

  /** The node at a path, which is made if there is none. */
  at(path: string, calls: Calls): Node<any> {
    const root = `${this.rootPath}/`;
    if (path.startsWith(root)) path = path.slice(root.length);
    let node = this.#all.get(path);
    if (!node) {
      checkName(path);
      this.#all.set(path, (node = new Node(calls, path)));
      if (isPattern(path)) this.#patterns.push(node);
    }
    return node;
  }

  /** The node that has a method of a path: the one there, or a pattern where that does not handle it. */
  find(path: string, method: string): Node<any> | undefined {
    const node = this.#all.get(path);
    if (node && (node.entries.get(method)?.handler || this.#patterns.length === 0)) return node;
    const pattern = this.#patterns.find((p) => matches(p.path, path));
    return pattern && (!node || pattern.entries.has(method)) ? pattern : node;
  }

  /** Takes a node away. False if it is gone already. */
  remove(node: Node<any>): boolean {
    if (!this.has(node)) return false;
    this.#patterns = this.#patterns.filter((p) => p !== node);
    return this.#all.delete(node.path);
  }
}

/** Whether a path stands for others. */
export function isPattern(path: string): boolean {
  return path.split("/").includes("*");
}

/** Whether a pattern stands for a path. */
function matches(pattern: string, path: string): boolean {
  const [want, have] = [pattern.split("/"), path.split("/")];
  return want.length === have.length && want.every((w, i) => w === "*" || w === have[i]);
}
