import Testing

@testable import Web

@Suite struct WaitingConnectionsTests {
    private typealias Line = WaitingConnections<Int>
    private let one = AddressKey("192.0.2.1")
    private let other = AddressKey("192.0.2.2")

    private func came(_ ids: ClosedRange<Int>, _ address: AddressKey?, _ line: inout Line) -> [Line.Surplus] {
        ids.compactMap { line.came($0, from: address) }
    }

    @Test func theOldestOfAllGoes() {
        var line = Line(.init(total: 3))
        #expect(came(1...3, one, &line) == [])
        line.left(1)
        #expect(came(4...5, other, &line) == [.init(id: 2, bound: .total)])
        #expect(line.count == 3)
        #expect(line.oldest == 3)
    }

    @Test func theOldestOfItsAddressGoes() {
        var line = Line(.init(total: 9, perAddress: 2))
        #expect(came(1...2, other, &line) == [])
        #expect(came(3...5, one, &line) == [.init(id: 3, bound: .perAddress)])
        // Who comes through a proxy counts in all only.
        #expect(came(6...11, nil, &line) == [.init(id: 1, bound: .total)])
    }

    @Test func whoWaitsAlreadyKeepsItsPlace() {
        var line = Line(.init(total: 2))
        #expect(came(1...2, one, &line) == [])
        #expect(came(1...1, one, &line) == [])
        #expect(came(3...3, one, &line) == [.init(id: 1, bound: .total)])
    }

    @Test func theOldestThatHoldsSomethingGoes() {
        var line = Line(.init(bytes: 100))
        _ = came(1...4, one, &line)
        var gone = line.holds(2, bytes: 60) + line.holds(3, bytes: 40)
        #expect(gone == [])
        gone = line.holds(4, bytes: 1)
        #expect(gone == [.init(id: 2, bound: .bytes)])
        gone = line.holds(4, bytes: 500)
        #expect(gone == [.init(id: 3, bound: .bytes), .init(id: 4, bound: .bytes)])
        #expect(line.bytes == 0)
        #expect(line.count == 1)
    }

    @Test func whoLeftIsForgotten() {
        var line = Line(.init(total: 1_000, perAddress: 1_000, bytes: 1_000))
        for id in 0..<100_000 {
            let surplus = line.came(id, from: one).map { [$0] } ?? line.holds(id, bytes: 1)
            #expect(surplus.isEmpty)
            if id >= 500 { line.left(id - 500) }
        }
        #expect(line.count == 500)
        #expect(line.bytes == 500)
        #expect(line.oldest == 99_500)
    }

    /// One address has many names, and whoever has one IPv6 address has a whole network of them.
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("2001:db8::1", "2001:db8:0:0:ffff::2", true), ("2001:db8::1", "2001:db8:0:1::1", false),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false), ("x", "x", true),
    ]) func countsForOne(address: String, another: String, isSame: Bool) {
        #expect((AddressKey(address) == AddressKey(another)) == isSame)
    }
}
