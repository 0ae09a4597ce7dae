import Schema

/// Why a client's frame is refused; nil where it is not.
func rejection(of text: String) -> RejectedFrame? {
    do {
        _ = try ClientFrame(decoding: Array(text.utf8))
        return nil
    } catch {
        return error
    }
}
