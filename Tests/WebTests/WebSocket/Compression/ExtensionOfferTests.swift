import Testing
import Web

@Suite struct ExtensionOfferTests {
    @Test(
        arguments: [
            ("", []), (" ", []), (",", []), ("a", ["a"]), (" a ,\tb ", ["a", "b"]), ("a,,b,", ["a", "b"]),
            ("a;b", ["a b"]), ("a ; b = c ;d", ["a b=c d"]), ("a; b=\"c\", d", ["a b=c", "d"]),
            ("a; b=\"c\\d\\\\e\"", nil), ("a; b=\"\\c\\d\"", ["a b=cd"]), ("a; b=1; b=2", ["a b=1 b=2"]),
            (
                "x-webkit-deflate-frame, permessage-deflate; client_max_window_bits",
                ["x-webkit-deflate-frame", "permessage-deflate client_max_window_bits"]
            ),
            ("a;", nil), (";", nil), (";a", nil), ("a b", nil), ("a=b", nil), ("a; b=", nil), ("a; =b", nil),
            ("a; b=\"\"", nil), ("a; b=\"c", nil), ("a; b=\"c\\", nil), ("a; b=\"c d\"", nil),
            ("a; b=\"c,d\"", nil), ("a; b=c d", nil), ("\"a\"", nil), ("a; b==c", nil), ("ä", nil),
            ("a\u{0}", nil),
        ] as [(String, [String]?)])
    func reads(line: String, offers: [String]?) {
        let read = ExtensionOffer.list([line])?.map { offer in
            ([offer.name] + offer.parameters.map { $0.name + ($0.value.map { "=" + $0 } ?? "") })
                .joined(separator: " ")
        }
        #expect(read == offers)
    }

    @Test func readsSeveralLinesAsOneList() {
        #expect(ExtensionOffer.list(["a, b", "", "c"])?.map(\.name) == ["a", "b", "c"])
        #expect(ExtensionOffer.list(["a", "b;"]) == nil)
        #expect(ExtensionOffer.list([]) == [])
    }
}
