/// The ways in which the same bytes may arrive: whole, byte by byte, and cut at random places.
func splits(of bytes: [UInt8], randomCuts: Int = 20) -> [[[UInt8]]] {
    var generator = SplitMix(state: UInt64(bytes.count) &+ 7)
    let random = (0..<randomCuts).map { _ in cut(bytes, &generator) }
    return [[bytes], bytes.map { [$0] }] + random
}

private func cut(_ bytes: [UInt8], _ generator: inout SplitMix) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        let length = Int.random(in: 1...max(1, min(rest.count, 40)), using: &generator)
        parts.append(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
    }
    return parts
}

/// A small generator with a seed, so that a failing cut can be met again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
