import Web

/// Why nothing is taken from a client now.
///
/// Pure.
struct ReadHolds: OptionSet {
    let rawValue: UInt8

    /// Who it is, is being judged.
    static let judging = ReadHolds(rawValue: 1)
    /// It has sent more than its pace allows.
    static let pace = ReadHolds(rawValue: 2)
    /// It is sent elsewhere: what it has said is carried out, after what else holds it.
    static let ending = ReadHolds(rawValue: 4)

    var intake: Intake {
        if isEmpty { return .open }
        return self == .ending ? .ending : .held
    }
}
