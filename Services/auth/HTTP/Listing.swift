/// One page of a list, as clients get it: `{"NAME":[…],"next_cursor":…}`; the cursor is null on the last page.
struct Listing<Entry: Encodable>: Encodable {
    let name: String
    let page: [Entry]
    let next: String?

    init(_ name: String, _ part: (page: [Entry], next: String?)) {
        self.name = name
        (page, next) = part
    }

    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Member.self)
        try object.encode(page, forKey: Member(stringValue: name))
        try object.encode(next, forKey: Member(stringValue: "next_cursor"))
    }
}
