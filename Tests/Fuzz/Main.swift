import CFuzzer
import Glibc

/// The program: one target, named by `FUZZ_TARGET`; the arguments are libFuzzer's.
@main enum Main {
    private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32

    /// Literals, as only a function that captures nothing can be called from C.
    private static let targets: KeyValuePairs<String, Callback> = [
        "http": { HTTPTarget.callback($0, $1) },
        "websocket": { WebSocketTarget.callback($0, $1) },
        "inflate": { InflateTarget.callback($0, $1) },
        "frame": { FrameTarget.callback($0, $1) },
        "json": { JSONTarget.callback($0, $1) },
        "token": { TokenTarget.callback($0, $1) },
        "claims": { ClaimsTarget.callback($0, $1) },
        "envelope": { EnvelopeTarget.callback($0, $1) },
        "resp": { RESPTarget.callback($0, $1) },
        "notice": { NoticeTarget.callback($0, $1) },
    ]

    static func main() {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let callback = targets.first(where: { $0.key == name })?.value else {
            // One name a line: Tests/Fuzz/run reads them.
            for target in targets { print(target.key) }
            exit(name.isEmpty ? 0 : 2)
        }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, callback))
    }
}
