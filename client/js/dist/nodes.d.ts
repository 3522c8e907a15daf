import type { Calls } from "./calls.js";
import { Node } from "./node.js";
export declare class Nodes {
    #private;
    private readonly rootPath;
    constructor(rootPath: string);
    has(node: Node<any>): boolean;
    /** The node at a path, which is made if there is none. */
    at(path: string, calls: Calls): Node<any>;
    /** The node that has a method of a path: the one there, or a pattern where that does not handle it. */
    find(path: string, method: string): Node<any> | undefined;
    /** Takes a node away. False if it is gone already. */
    remove(node: Node<any>): boolean;
}
/** Whether a path stands for others. */
export declare function isPattern(path: string): boolean;
