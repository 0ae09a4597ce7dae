@testable import Web

/// The payload of a compressed message, by an inflater that has met another one before.
enum InflateTarget: FuzzTarget {
    static func read(_ input: [UInt8]) {
        for limit in [100, 65_536] {
            let first = inflated(input, by: Inflater(), limit)
            let worn = Inflater()
            _ = inflated(input.reversed(), by: worn, limit)
            require(inflated(input, by: worn, limit) == first, "a message differs by the one before")
            guard case .success(let plain) = first else { continue }
            require(plain.count <= limit, "a message larger than allowed")
            checkReturn(plain)
        }
        checkReturn(input)
    }

    private static func checkReturn(_ plain: [UInt8]) {
        guard !plain.isEmpty, let deflater = Deflater(windowBits: 9 + plain.count % 7) else { return }
        var memory = [UInt8](repeating: 0, count: plain.count + 64)
        let count = memory.withUnsafeMutableBytes { memory in
            plain.withUnsafeBytes { deflater.deflate($0, into: memory) }
        }
        guard let count else { return }
        let again = inflated(Array(memory.prefix(count)), by: Inflater(), 65_536)
        require(again == .success(plain), "a message does not come back")
    }

    static func inflated(
        _ payload: [UInt8], by inflater: Inflater, _ limit: Int
    ) -> Result<[UInt8], WebError> {
        payload.withUnsafeBytes { bytes in
            do throws(WebError) {
                return .success(try inflater.inflate(bytes, limit: limit).withUnsafeBytes { Array($0) })
            } catch {
                require(error == .invalidDeflate || error == .messageTooBig(limit: limit), "another error")
                return .failure(error)
            }
        }
    }
}
