import Schema
import Tokens

/// Makes ids of rooms from their names.
enum RoomNaming {
    static let nameLength = 1...128

    /// `Ops & Friends!` → `ops-friends`; a name without letters or digits of ASCII gives nothing.
    static func slug(_ name: String) -> String {
        let words = name.lowercased().split { character in
            !(character.isASCII && (character.isLetter || character.isNumber))
        }
        let slug = words.joined(separator: "-").prefix(48)
        return String(slug.reversed().drop { $0 == "-" }.reversed())
    }

    /// The plain id first, then ones that nobody has yet.
    static func candidates(for name: String) throws(TokenError) -> [RoomID] {
        let slug = slug(name)
        var texts = slug.isEmpty ? [] : [slug]
        for _ in 0..<3 {
            let suffix = try SecureRandom.bytes(5).map {
                String($0 % 36, radix: 36) + String($0 / 36, radix: 36)
            }
            texts.append(slug.isEmpty ? "room-\(suffix.joined())" : "\(slug)-\(suffix.joined())")
        }
        return texts.compactMap(RoomID.init)
    }
}
