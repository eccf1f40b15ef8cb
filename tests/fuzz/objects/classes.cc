// What C++ adds: tables of virtual functions, type information, templates, names to demangle.
namespace outer {
struct Shape {
	virtual ~Shape();
	virtual int area() const = 0;
	int x, y;
};
template <typename T> struct Box : Shape {
	T content[3];
	int area() const override { return x * y; }
};
Shape::~Shape() = default;
Box<long> box;
const Shape *const shapes[] = {&box, nullptr};
} // namespace outer
