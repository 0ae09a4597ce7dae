/// One JSON text, parsed, with what the wire needs to know beyond its value.
///
/// Foundation's decoder cannot tell us where a value stood in the input (a frame's `id` goes back as it was
/// sent), nor which member held a lone surrogate, and it takes a lone surrogate for a fault of the whole text.
struct JSONDocument {
    /// The value.
    let root: JSONValue

    /// Where the value of the top-level member `id` stands in the input.
    let idRange: Range<Int>?

    /// The members, by their names two levels deep, that hold what can be neither stored nor sent on.
    ///
    /// That is U+0000, a lone surrogate, or containers nested deeper than `Limits.jsonDepth`; in the value a lone
    /// surrogate is replaced by U+FFFD and such a container by `null`.
    let unusable: Set<[String]>

    /// Parses a JSON text (RFC 8259); of members with the same name the last one counts.
    init(parsing bytes: UnsafeRawBufferPointer) throws(SchemaError) {
        var parser = JSONParser(bytes)
        root = try parser.document()
        idRange = parser.idRange
        unusable = parser.unusable
    }
}
