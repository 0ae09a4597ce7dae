@testable import Schema
@testable import Tokens

/// JSON from anywhere: two parsers that share no code must agree on what is JSON, and a value comes back when written.
enum JSONTarget: FuzzTarget {
    static func read(_ input: [UInt8]) {
        let document = input.withUnsafeBytes(Document.init)
        if let document { checkReturn(document) }
        compare(document, input)
    }

    /// A text that could be read, whether or not all of it can be stored and sent on as it is.
    private struct Document {
        let root: JSONValue
        let isUsable: Bool

        init?(_ bytes: UnsafeRawBufferPointer) {
            var parser = JSONParser(bytes)
            let root = try? parser.document { parser throws(SchemaError) in try parser.value() }
            guard let root else { return nil }
            self.root = root
            isUsable = parser.takeUsability()
        }
    }

    private static func checkReturn(_ document: Document) {
        var writer = JSONWriter()
        writer.value(document.root)
        let written = try? JSONValue(parsing: writer.bytes)
        // U+0000 is read, and refused where it counts.
        guard document.isUsable else { return }
        require(written == document.root, "a value does not come back")
    }

    private static func compare(_ document: Document?, _ input: [UInt8]) {
        do throws(StrictJSON.Fault) {
            try StrictJSON.check(input)
            // The check of tokens leaves it to the decoder whether a number can be held.
            guard document == nil else { return }
            require(
                input.contains { $0 | 0x20 == UInt8(ascii: "e") } || input.count > 300, "refused by one only")
        } catch .duplicateMember {
            return
        } catch {
            guard let document, document.root.object != nil, document.isUsable else { return }
            require(depth(document.root) > 16, "accepted by one only")
        }
    }

    private static func depth(_ value: JSONValue) -> Int {
        switch value {
        case .array(let elements): 1 + (elements.map(depth).max() ?? 0)
        case .object(let members): 1 + (members.values.map(depth).max() ?? 0)
        default: 1
        }
    }
}
