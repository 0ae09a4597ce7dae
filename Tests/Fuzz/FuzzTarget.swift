/// Something that reads bytes from outside, with all that must hold whatever they are.
///
/// A target is wrong when it traps, when the address sanitizer finds it, or when it takes longer or more memory than
/// `Tests/Fuzz/run` allows.
protocol FuzzTarget {
    /// Reads one input; traps where a rule is broken.
    static func read(_ input: [UInt8])
}

extension FuzzTarget {
    /// What libFuzzer calls.
    static func callback(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        // A copy of exactly this size, so that the sanitizer sees each step beyond the end.
        read(Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// A rule of a target: `false` is a finding.
func require(_ holds: Bool, _ rule: StaticString, file: StaticString = #fileID, line: UInt = #line) {
    guard !holds else { return }
    fatalError("\(rule)", file: file, line: line)
}

/// What must be there: `nil` is a finding.
func require<T>(_ value: T?, _ rule: StaticString, file: StaticString = #fileID, line: UInt = #line) -> T {
    guard let value else { fatalError("\(rule)", file: file, line: line) }
    return value
}

/// The input in pieces, as a connection may bring it: cut at random, but always the same for the same input.
func pieces(of input: [UInt8]) -> [[UInt8]] {
    var state = input.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    // Some inputs byte by byte, others in larger pieces.
    let largest = [1, 3, 16, 200][Int(truncatingIfNeeded: state & 3)]
    var pieces: [[UInt8]] = []
    var rest = input[...]
    while !rest.isEmpty {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let length = 1 + Int(truncatingIfNeeded: state >> 33) % largest
        pieces.append(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
    }
    return pieces
}
