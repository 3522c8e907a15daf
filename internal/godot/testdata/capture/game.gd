# The node that the peers of the captures have.
extends Node

signal called(method: String, args: Array)

@rpc("any_peer", "call_remote", "unreliable_ordered", 5) func aim(a: float) -> void: called.emit("aim", [a])
@rpc("any_peer") func ask(a: Variant, b: Variant) -> void: called.emit("ask", [a, b])
@rpc("any_peer", "call_local") func hello(a: Variant) -> void: called.emit("hello", [a])
@rpc("any_peer") func many(a: Variant, b: Variant, c: Variant, d: Variant, e: Variant) -> void: called.emit("many", [a, b, c, d, e])
@rpc("any_peer", "call_remote", "unreliable", 3) func move(a: float, b: int) -> void: called.emit("move", [a, b])
@rpc("any_peer") func none_() -> void: called.emit("none_", [])
@rpc("any_peer") func one(a: Variant) -> void: called.emit("one", [a])
@rpc func tell(a: Variant) -> void: called.emit("tell", [a])
