/// CRC-16/XMODEM, the checksum by which Redis Cluster gives keys to slots.
public enum CRC16 {
    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { sum, _ in
            sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021
        }
    }

    /// The checksum of a text.
    public static func checksum(_ text: String) -> UInt16 {
        let table = table
        var text = text
        // Bytes in a row: by the indices of a view each of them costs five times as much.
        return text.withUTF8 { bytes in
            bytes.reduce(0) { sum, byte in
                sum << 8 ^ table[Int(UInt8(truncatingIfNeeded: sum >> 8) ^ byte)]
            }
        }
    }
}
