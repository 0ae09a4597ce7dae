import Web

/// Lets a test say in closures what the owner of a connection does.
final class ClosureOwner: WebSocketOwner {
    private let onText: (UnsafeRawBufferPointer) -> Void
    private let onPong: () -> Void
    private let onClosed: (CloseInfo) -> Void
    private let onGone: () -> Void

    init(
        onText: @escaping (UnsafeRawBufferPointer) -> Void, onPong: @escaping () -> Void = {},
        onClosed: @escaping (CloseInfo) -> Void, onGone: @escaping () -> Void = {}
    ) {
        (self.onText, self.onPong, self.onClosed, self.onGone) = (onText, onPong, onClosed, onGone)
    }

    func received(text: UnsafeRawBufferPointer) { onText(text) }
    func ponged(_ payload: UnsafeRawBufferPointer) { onPong() }
    func closed(_ info: CloseInfo) { onClosed(info) }
    func gone() { onGone() }
}
