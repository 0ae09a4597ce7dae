import Schema

/// The answer to a request: `{"id":…,"ok":…}` or `{"id":…,"error":{"code":…}}`, in this order.
///
/// What stands in `ok` is passed on as bytes: an envelope keeps its form on its way from the archive to a client.
struct RPCAnswer {
    let id: String
    let result: Result<[UInt8], ErrorCode>

    init(id: String, _ result: Result<[UInt8], ErrorCode>) {
        self.id = id
        self.result = result
    }

    /// The answer as it is published; one that is too large becomes an error.
    func bytes(atMost limit: Int) -> [UInt8] {
        if case .success(let json) = result, json.count > limit {
            return RPCAnswer(id: id, .failure(.internalError)).bytes(atMost: .max)
        }
        var writer = JSONWriter()
        writer.object { answer in
            answer.member("id", id)
            switch result {
            case .success(let json):
                answer.name("ok")
                answer.verbatim(json)
            case .failure(let code):
                answer.object("error") { $0.member("code", code.rawValue) }
            }
        }
        return writer.bytes
    }

    /// Reads an answer; nil for bytes that are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let opening = Array(#"{"id":""#.utf8)
        let success = Array(#"","ok":"#.utf8)
        guard bytes.starts(with: opening), bytes.last == UInt8(ascii: "}"),
            let quote = bytes[opening.count...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        id = String(decoding: bytes[opening.count..<quote], as: UTF8.self)
        let rest = bytes[quote...]
        if rest.starts(with: success) {
            result = .success(Array(rest.dropFirst(success.count).dropLast()))
        } else {
            let code = (try? JSONValue(parsing: bytes))?["error"]?["code"]?.text
            result = .failure(code.flatMap(ErrorCode.init(rawValue:)) ?? .internalError)
        }
    }
}
