/// A request method; RFC 9110, 9.
///
/// Names are case-sensitive, and any token may arrive.
public struct Method: Hashable, Sendable, CustomStringConvertible {
    /// The method as it stands in the request line.
    public let name: String

    /// Makes a method of a name such as `GET`.
    public init(_ name: String) {
        self.name = name
    }

    /// The name.
    public var description: String { name }

    /// The name for a metric or a log, where a stranger's word must not stand: `other` for what nobody knows.
    public var label: String { Method.known.contains(self) ? name : "other" }

    private static let known: Set<Method> = [.get, .head, .post, .put, .patch, .delete, .options]

    /// The method GET.
    public static let get = Method("GET")
    /// The method HEAD.
    public static let head = Method("HEAD")
    /// The method POST.
    public static let post = Method("POST")
    /// The method PUT.
    public static let put = Method("PUT")
    /// The method PATCH.
    public static let patch = Method("PATCH")
    /// The method DELETE.
    public static let delete = Method("DELETE")
    /// The method OPTIONS.
    public static let options = Method("OPTIONS")
}
