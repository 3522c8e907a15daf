// The lines of the chat, as the server writes them for people.

const PAST = "Before you came: ";

/**
 * Says what a line is: { kind: "joined" | "left" | "said" | "you" | "here" | "server" | "past" | "other", id?, ids?, text?,
 * what? }, where what is the line that was said in the past.
 */
export function readLine(line) {
  if (line.startsWith(PAST)) return { kind: "past", what: readLine(line.slice(PAST.length)) };
  const [, id, rest] = /^\[(\d{1,20})\] (.*)$/s.exec(line) ?? [];
  if (rest === "connected") return { kind: "joined", id };
  if (rest === "disconnected") return { kind: "left", id };
  if (rest?.startsWith("Says: ")) return { kind: "said", id, text: rest.slice("Says: ".length) };
  if (line.startsWith("Server says: ")) return server(line.slice("Server says: ".length));
  return { kind: "other", text: line };
}

// What a newcomer is told; later it is only what the operator says.
function server(text) {
  const you = /^you are \[(\d{1,20})\]$/.exec(text);
  if (you) return { kind: "you", id: you[1], text };
  if (text === "nobody else is here yet") return { kind: "here", ids: [], text };
  if (/^\d+ (other is|others are) here: \[\d{1,20}\](, \[\d{1,20}\])*$/.test(text)) {
    return { kind: "here", ids: text.match(/(?<=\[)\d+/g), text };
  }
  return { kind: "server", text };
}
