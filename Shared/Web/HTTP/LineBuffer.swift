/// Bytes received and not yet understood, read line by line or by count.
///
/// It grows only by what came. Bytes once searched for a line end are not searched again.
struct LineBuffer {
    private var bytes: [UInt8] = []
    private var start = 0
    private var searched = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { count == 0 }
    var first: UInt8? { isEmpty ? nil : bytes[start] }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        compact()
        bytes.append(contentsOf: more)
    }

    /// Takes the next line without its CRLF, or `nil` while it is incomplete.
    ///
    /// A bare LF or CR and a NUL are refused: peers that disagree on where a line ends can be played off
    /// against each other (RFC 9112, 2.2 and 11.2).
    mutating func readLine(limit: Int, tooLong: WebError) throws(WebError) -> ArraySlice<UInt8>? {
        let end = bytes[searched...].firstIndex(of: 0x0A)
        searched = end ?? bytes.count
        guard searched - start <= limit + 1 else { throw tooLong }
        guard let end else { return nil }
        let line = bytes[start..<end]
        start = end + 1
        searched = start
        guard line.last == 0x0D else { throw .malformedRequest("line ends without CR") }
        let content = line.dropLast()
        guard !content.contains(0x0D), !content.contains(0) else {
            throw .malformedRequest("CR or NUL in a line")
        }
        return content
    }

    /// Moves at most `limit` bytes to the end of `body` and tells how many.
    mutating func move(atMost limit: Int, to body: inout [UInt8]) -> Int {
        let moved = min(limit, count)
        body.append(contentsOf: bytes[start..<(start + moved)])
        start += moved
        searched = start
        return moved
    }

    /// Takes all bytes that are left.
    mutating func takeAll() -> [UInt8] {
        compact()
        defer { (bytes, start, searched) = ([], 0, 0) }
        return bytes
    }

    /// Lets go of the memory where nothing waits, so that an idle connection holds none.
    mutating func releaseIfEmpty() {
        guard isEmpty else { return }
        (bytes, start, searched) = ([], 0, 0)
    }

    private mutating func compact() {
        guard start > 0 else { return }
        bytes.removeFirst(start)
        searched -= start
        start = 0
    }
}
