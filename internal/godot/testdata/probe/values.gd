# Sends one value of every type, and looks whether it comes back the same.
extends "res://probe.gd"

var sent := []

@rpc("any_peer") func echo(_value: Variant, _number: int) -> void: pass
@rpc func back(value: Variant, number: int) -> void:
	var was: Variant = sent[number]
	if typeof(was) != typeof(value) or var_to_bytes(was) != var_to_bytes(value):
		say("sent %s, got %s" % [var_to_str(was), var_to_str(value)])
	if number == sent.size() - 1:
		say("%d values" % sent.size())
		get_tree().quit()

func _ready() -> void:
	var ints: Array[int] = [1, -1]
	var names: Array[StringName] = [&"a", &"b"]
	var nodes: Array[Node] = []
	var typed: Dictionary[String, int] = {"a": 1, "b": 2}
	var mixed: Dictionary[int, Vector2] = {1: Vector2(1, 2)}
	var deep: Array = []
	for i in 60:
		deep = [deep]
	sent = [
		null, true, false, 0, 1, -1, 127, 128, -128, -129, 32767, 32768, -32769, 2147483647, 2147483648, -2147483649,
		9223372036854775807, -9223372036854775808, 0.0, -0.0, 0.5, 0.1, 1e300, -INF, INF, NAN, "", "Ünï ✓ 👪", &"", &"name", ^"", ^"A/B:c:d", ^"/root/A",
		Vector2(1, 0.1), Vector2i(1, -2), Rect2(1, 2, 3, 4), Rect2i(1, 2, 3, 4), Vector3(1, 2, 3), Vector3i(1, 2, 3),
		Transform2D(0.5, Vector2(1, 2)), Vector4(1, 2, 3, 4), Vector4i(1, 2, 3, 4), Plane(1, 0, 0, 2), Quaternion(0, 1, 0, 0),
		AABB(Vector3(1, 2, 3), Vector3(4, 5, 6)), Basis(Vector3(0, 1, 0), 0.5), Transform3D(Basis(), Vector3(1, 2, 3)), Projection(), Color(0.1, 0.2, 0.3, 0.4),
		{}, {"b": 1, "a": 2}, {1: "x", "y": 2.5, Vector2(): [null]}, {3: 1, 1: 2, 2: 3}, [], [1, "a", null, [2]], ints, names, nodes, typed, mixed, [ints, {"t": typed}], deep,
		PackedByteArray([1, 2]), PackedInt32Array([1, -2]), PackedInt64Array([1, -9223372036854775808]), PackedFloat32Array([0.5, 1.25]),
		PackedFloat64Array([0.1]), PackedStringArray(["a", "ü"]), PackedVector2Array([Vector2(1, 2)]), PackedVector3Array([Vector3(1, 2, 3)]),
		PackedColorArray([Color.RED]), PackedVector4Array([Vector4(1, 2, 3, 4)]), PackedInt32Array(), PackedStringArray(), PackedByteArray(),
	]
	multiplayer.connected_to_server.connect(func() -> void:
		for i in sent.size():
			echo.rpc_id(1, sent[i], i))
	join()
