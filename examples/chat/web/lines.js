// The lines of the chat, as the server writes them for people.

/** Says what a line is: { kind: "joined" | "left" | "said" | "server" | "other", id?, text? }. */
export function readLine(line) {
  const [, id, rest] = /^\[(\d{1,20})\] (.*)$/s.exec(line) ?? [];
  if (rest === "connected") return { kind: "joined", id };
  if (rest === "disconnected") return { kind: "left", id };
  if (rest?.startsWith("Says: ")) return { kind: "said", id, text: rest.slice("Says: ".length) };
  if (line.startsWith("Server says: ")) return { kind: "server", text: line.slice("Server says: ".length) };
  return { kind: "other", text: line };
}
