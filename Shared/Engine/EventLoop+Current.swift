internal import Glibc

extension EventLoop {
    /// The loop that runs on the calling thread, if any.
    public internal(set) static var current: EventLoop? {
        get {
            guard let pointer = pthread_getspecific(currentKey) else { return nil }
            return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
        }
        set {
            pthread_setspecific(currentKey, newValue.map { Unmanaged.passUnretained($0).toOpaque() })
        }
    }
}

private let currentKey: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
}()
