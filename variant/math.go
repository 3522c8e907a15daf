package variant

// Vector2 is a 2D vector.
type Vector2 struct{ X, Y float32 }

// Vector2i is a 2D vector of integers.
type Vector2i struct{ X, Y int32 }

// Rect2 is an axis-aligned rectangle.
type Rect2 struct{ Position, Size Vector2 }

// Rect2i is an axis-aligned rectangle of integers.
type Rect2i struct{ Position, Size Vector2i }

// Vector3 is a 3D vector.
type Vector3 struct{ X, Y, Z float32 }

// Vector3i is a 3D vector of integers.
type Vector3i struct{ X, Y, Z int32 }

// Transform2D is a 2D transform: the basis vectors and the origin, that is the
// columns of the matrix.
type Transform2D struct{ X, Y, Origin Vector2 }

// Vector4 is a 4D vector.
type Vector4 struct{ X, Y, Z, W float32 }

// Vector4i is a 4D vector of integers.
type Vector4i struct{ X, Y, Z, W int32 }

// Plane is a plane: its normal and its distance from the origin along it.
type Plane struct {
	Normal Vector3
	D      float32
}

// Quaternion is a rotation. Its zero value is not the identity, which is W: 1.
type Quaternion struct{ X, Y, Z, W float32 }

// AABB is an axis-aligned box.
type AABB struct{ Position, Size Vector3 }

// Basis is a 3×3 matrix. X, Y and Z are the basis vectors, that is the columns,
// as in GDScript (the wire has the rows).
type Basis struct{ X, Y, Z Vector3 }

// Transform3D is a 3D transform.
type Transform3D struct {
	Basis  Basis
	Origin Vector3
}

// Projection is a 4×4 matrix, by columns.
type Projection struct{ X, Y, Z, W Vector4 }

// Color is a colour. Components are normally from 0 to 1.
type Color struct{ R, G, B, A float32 }
