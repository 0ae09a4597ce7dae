/// A password hash as it stands in the database: `$scrypt$ln=17,r=8,p=1$SALT$KEY` (PHC string format).
///
/// Salt and key are base 64 of the standard alphabet without padding. Parsing is strict and bounded.
struct StoredPassword: Hashable {
    static let saltBytes = 16
    static let keyBytes = 32

    let cost: ScryptParameters
    let salt: [UInt8]
    let key: [UInt8]

    init(cost: ScryptParameters, salt: [UInt8], key: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.key = key
    }

    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let cost = Self.cost(parts[2]),
            let salt = Base64Alphabet.standard.decode(parts[3].utf8), (8...64).contains(salt.count),
            let key = Base64Alphabet.standard.decode(parts[4].utf8), (16...64).contains(key.count)
        else { return nil }
        self.init(cost: cost, salt: salt, key: key)
    }

    var text: String {
        let base64 = Base64Alphabet.standard
        return "$scrypt$ln=\(cost.ln),r=\(cost.r),p=\(cost.p)$\(base64.encode(salt))$\(base64.encode(key))"
    }

    private static func cost(_ text: Substring) -> ScryptParameters? {
        let members = text.split(separator: ",", omittingEmptySubsequences: false)
        guard members.count == 3,
            let ln = number("ln=", members[0]),
            let r = number("r=", members[1]),
            let p = number("p=", members[2])
        else { return nil }
        return ScryptParameters(ln: ln, r: r, p: p)
    }

    private static func number(_ name: String, _ member: Substring) -> Int? {
        guard member.hasPrefix(name) else { return nil }
        let digits = member.dropFirst(name.count)
        guard let value = Int(digits), String(value) == digits else { return nil }
        return value
    }
}
